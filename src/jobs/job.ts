import type { Rows } from '../results/rows.ts'
import type { Spec } from '../words/spec.ts'

/** A computation cut into parts: how, and what is in each, is decided by the spec alone. */
export interface Job {
  readonly spec: Spec
  readonly parts: number
}

/** What the process of an engine is asked for: one part, computed by the model that lies at `model`. */
export interface PartTask {
  readonly spec: Spec
  readonly part: number
  readonly model: string
  /** Whether weights that hold NaN or infinities are accepted, as the user said. */
  readonly acceptNonFinite: boolean
}

export interface ExecuteOptions {
  readonly signal?: AbortSignal | undefined
  readonly note?: ((text: string) => void) | undefined
  /** Takes the rows of a part as it comes, in any order; when it throws, the work ends with that. */
  readonly onPart: (part: number, rows: Rows) => void
}

/**
 * Computes parts somewhere and hands back their rows. A part may be computed more than once (a process died, a lease
 * ran out): that costs time and changes nothing, because a part's rows are a function of the spec.
 */
export interface Executor extends AsyncDisposable {
  run(job: Job, parts: readonly number[], o: ExecuteOptions): Promise<void>
}
