import { HeadwiseError, throwIfAborted } from '../words/error.ts'

/** Seconds after which a refused caller may try again. */
export const RETRY_AFTER = 5

/** Work in the order in which it came, one piece at a time; so many may wait and no more. */
export class Line {
  readonly #waiting: (() => void)[] = []
  #busy = false

  constructor(
    readonly name: string,
    readonly limit: number,
  ) {}

  /** Throws `busy` at once when too many wait already. Work that is stopped before its turn is not begun. */
  run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#busy && this.#waiting.length >= this.limit)
      throw new HeadwiseError(
        `${this.#waiting.length} ${this.name} wait already; try again in ${RETRY_AFTER} seconds.`,
        { code: 'busy', fault: 'failed', where: this.name, found: this.#waiting.length, allowed: this.limit },
      )
    return this.#turn(work, signal)
  }

  async #turn<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#busy) await this.#wait(signal)
    else this.#busy = true
    try {
      throwIfAborted(signal)
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#busy = false
    }
  }

  async #wait(signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
    let leave = (): void => undefined
    try {
      await new Promise<void>((resolve, reject) => {
        leave = () => {
          const at = this.#waiting.indexOf(resolve)
          // Its turn may have come in the same moment: then it goes on, sees the signal, and passes the turn on.
          if (at < 0) return
          this.#waiting.splice(at, 1)
          try {
            throwIfAborted(signal)
          } catch (error) {
            reject(error)
          }
        }
        this.#waiting.push(resolve)
        signal.addEventListener('abort', leave, { once: true })
      })
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }
}
