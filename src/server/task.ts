import type { LoadOptions } from '../library/open.ts'
import type { Answer } from '../service/frame.ts'

/** What an engine process is asked to do. */
export type Task =
  /** Comes first, once. */
  | {
      readonly do: 'open'
      readonly reference: string
      readonly name: string
      /** Every model that the server has. */
      readonly models: readonly string[]
      readonly options: EngineOptions
    }
  | { readonly do: 'call'; readonly verb: string; readonly params: unknown }

export type EngineOptions = Pick<LoadOptions, 'device' | 'threads' | 'budget' | 'verify' | 'acceptNonFinite'>

/** What it tells before its answer: notes while opening, progress, pieces of a stream. */
export type Told =
  | { readonly note: string }
  | { readonly progress: { readonly what: string; readonly done: number; readonly total: number } }
  | { readonly piece: unknown }

/** Null at the end of `open` and of a stream. */
export type Done = Answer | null
