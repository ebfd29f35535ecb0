export type {
  AblateOptions,
  AblationPlan,
  AblationResult,
  GenerateOptions,
  GenerationStep,
  PassResult,
  RunOptions,
  RunResult,
  ScoreOptions,
} from './library/headwise.ts'
export { Headwise, load } from './library/headwise.ts'
export type { Device, LoadOptions } from './library/open.ts'
export type { Prompt } from './library/prompts.ts'
export { type Rerun, type RerunOptions, rerun } from './library/rerun.ts'
export type { DecoderConfig } from './models/config.ts'
export type { Float32Tensor, NDArray } from './words/arrays.ts'
export type { Edit, EditInput } from './words/edit.ts'
export { HeadwiseError } from './words/error.ts'
export type { Grid } from './words/grid.ts'
export type { Generation, Run } from './words/run.ts'
export type { Point, Site } from './words/site.ts'
export type { Task } from './words/task.ts'
