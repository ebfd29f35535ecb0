import type { Grid } from '../words/grid.ts'
import type { Generation, Run } from '../words/run.ts'

/** What one JSON document of the command holds: a result, or the grids of several detectors. */
export type ResultDocument = Grid | Run | Generation | Grid[]

/** The largest JSON document that is read, and so the largest that is written. */
export const MAX_RESULT_BYTES = 64 * 2 ** 20
