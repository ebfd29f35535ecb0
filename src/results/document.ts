import type { Grid } from '../words/grid.ts'
import type { Routes } from '../words/routes.ts'
import type { Generation, Run } from '../words/run.ts'
import type { TaskResult } from '../words/task-result.ts'
import type { Writes } from '../words/writes.ts'

/** What one JSON document of the command holds: a result, the grids of several detectors, or how a model does on tasks. */
export type ResultDocument = Grid | Run | Generation | Writes | Routes | Grid[] | TaskResult[]

/** Lists hold results of one kind. */
export const isTaskList = (document: ResultDocument): document is TaskResult[] =>
  Array.isArray(document) && document[0]?.kind === 'task'

/** The largest JSON document that is read, and so the largest that is written. */
export const MAX_RESULT_BYTES = 64 * 2 ** 20
