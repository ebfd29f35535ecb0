import type { OnProgress } from '../words/error.ts'
import type { LongVerb, Params, QuickVerb, Result, StreamVerb } from './verbs.ts'

export interface CallOptions {
  /** A newer call in the same lane ends the older one, which then rejects with the code `superseded`. */
  readonly lane?: string
  readonly signal?: AbortSignal
  readonly onProgress?: OnProgress
  /** One of `info.models`; default the first. */
  readonly model?: string
}

/**
 * How a page asks an engine, wherever that runs. Rejections are `HeadwiseError`; `superseded` and `interrupted` are
 * ends that the caller asked for, `unreachable` says that the engine is gone for now and another try may help.
 */
export interface Client {
  readonly kind: 'worker' | 'http'
  call<V extends QuickVerb | LongVerb>(verb: V, params: Params<V>, o?: CallOptions): Promise<Result<V>>
  /** Ending the loop early ends the work. */
  stream<V extends StreamVerb>(verb: V, params: Params<V>, o?: CallOptions): AsyncIterable<Result<V>>
  close(): void
}
