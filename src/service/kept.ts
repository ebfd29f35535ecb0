import { HeadwiseError } from '../words/error.ts'

/**
 * Values that are costly to make, by key: each is made once, also when several ask at the same time, and the least
 * recently used ones go when all together weigh too much. A failure is not kept.
 */
export class Kept<T> {
  readonly #made = new Map<string, { value: Promise<T>; weight: number }>()

  constructor(
    readonly limit: number,
    readonly weigh: (value: T) => number,
    /** How many are kept at most, however little they weigh. */
    readonly most = Number.POSITIVE_INFINITY,
  ) {}

  async get(key: string, make: () => Promise<T>): Promise<T> {
    const known = this.#made.get(key)
    if (known) {
      this.#made.delete(key)
      this.#made.set(key, known)
      try {
        return await known.value
      } catch (error) {
        // Whoever began it was stopped; who waits now was not.
        if (!(error instanceof HeadwiseError && error.fault === 'interrupted')) throw error
        return await this.get(key, make)
      }
    }
    const entry = { value: make(), weight: 0 }
    this.#made.set(key, entry)
    try {
      const value = await entry.value
      entry.weight = this.weigh(value)
      this.#shrink(key)
      return value
    } catch (error) {
      if (this.#made.get(key) === entry) this.#made.delete(key)
      throw error
    }
  }

  /** The newest one stays however much it weighs. */
  #shrink(newest: string): void {
    let total = [...this.#made.values()].reduce((n, e) => n + e.weight, 0)
    for (const [key, { weight }] of this.#made) {
      if (total <= this.limit && this.#made.size <= this.most) return
      if (key === newest) continue
      this.#made.delete(key)
      total -= weight
    }
  }
}
