import { superseded } from './fault.ts'

/**
 * Newest wins: beginning a piece of work in a lane ends whatever that lane did before. Work without a lane is left
 * alone. `signal` ends the work from outside as well.
 */
export class Lanes {
  readonly #open = new Map<string, AbortController>()

  async run<T>(lane: string | undefined, signal: AbortSignal | undefined, work: (s: AbortSignal) => Promise<T>) {
    const stop = new AbortController()
    const outside = (): void => stop.abort(signal?.reason)
    if (signal?.aborted) outside()
    signal?.addEventListener('abort', outside, { once: true })
    if (lane !== undefined) {
      this.#open.get(lane)?.abort(superseded())
      this.#open.set(lane, stop)
    }
    try {
      return await work(stop.signal)
    } catch (error) {
      // Whoever stopped the work may have said why; what the work says then is only that it was stopped.
      throw stop.signal.aborted && stop.signal.reason instanceof Error && stop.signal.reason.name === 'HeadwiseError'
        ? stop.signal.reason
        : error
    } finally {
      signal?.removeEventListener('abort', outside)
      if (lane !== undefined && this.#open.get(lane) === stop) this.#open.delete(lane)
    }
  }
}
