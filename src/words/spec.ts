import { z } from 'zod'
import { editsSchema } from './edit.ts'
import { SPEC_VERSION } from './spec-version.ts'
import { taskSchema } from './task.ts'

const ids = z.array(z.number().int().nonnegative())
const json: z.ZodType<unknown> = z.unknown()

/** Everything needed to compute a result again. */
export const requestSchema = z.strictObject({
  command: z.enum([
    'run',
    'generate',
    'scores',
    'syntax',
    'ablate',
    'patch',
    'knockout',
    'scale',
    'self-repair',
    'writes',
    'routes',
    'attribute',
    'circuit',
    'atlas',
    'export',
    'tasks',
  ]),
  model: z.string(),
  prompts: z.array(z.strictObject({ ids, text: z.string().optional() })).default([]),
  task: taskSchema.optional(),
  edits: editsSchema.default([]),
  method: z
    .strictObject({ id: z.string(), version: z.number().int(), parameters: z.record(z.string(), json).default({}) })
    .optional(),
  seed: z.number().int().nonnegative(),
  budget: z.number().int().positive().optional(),
  threads: z.number().int().positive(),
  device: z.enum(['cpu', 'webgpu', 'wasm', 'reference']),
})
export type Request = z.infer<typeof requestSchema>

/** What a second computation must find equal, and the facts of the first. */
export const checkSchema = z.strictObject({
  modelHash: z.string(),
  tokenizerHash: z.string(),
  promptsHash: z.string(),
  /** SHA-256 of each other file that the computation read, by its name in the request. */
  files: z.record(z.string(), z.string()).default({}),
  dropped: z.array(z.string()).default([]),
  backend: z.string(),
  dtype: z.literal('f32'),
  version: z.string(),
})
export type Check = z.infer<typeof checkSchema>

export const specSchema = z.strictObject({
  version: z.literal(SPEC_VERSION),
  request: requestSchema,
  check: checkSchema,
  /** SHA-256 of what decides the numbers: the request without paths and threads, and the hashes in the check. */
  hash: z.string(),
})
export type Spec = z.infer<typeof specSchema>
