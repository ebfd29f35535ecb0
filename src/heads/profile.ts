/** Attention at the distances `from` … `to`, in tokens: a mean over rows, as of every share here. */
export interface DistanceBin {
  readonly from: number
  readonly to: number
  readonly share: number
  /** The same for a head that attends to all keys of a row equally. */
  readonly uniform: number
}

/** A token by the attention that it receives from later ones. */
export interface Receiver {
  readonly key: number
  /** Σ over the later queries; each gives 1 in all. */
  readonly total: number
  /** How many queries come after it. */
  readonly queries: number
  /** Which of them gives most, and how much. */
  readonly from: number
  readonly most: number
}

/** A query by the largest share that it gives to one token before it, the first left out. */
export interface Giver {
  readonly query: number
  readonly key: number
  readonly share: number
}

/** What one head's pattern comes to on one sequence. Where no row counts the means are NaN. */
export interface Profile {
  /** The rows behind everything but the entropy: all but the first, which can attend to nothing but itself. */
  readonly queries: number
  /** Of q − k under the attention of all these rows together, in tokens (Vig and Belinkov 2019); its standard deviation. */
  readonly distance: { readonly mean: number; readonly deviation: number; readonly bins: readonly DistanceBin[] }
  /** Mean over all rows, nats, as the detector `entropy` has it, and the most that it could be: the mean of ln(q + 1). */
  readonly entropy: { readonly mean: number; readonly most: number }
  /** Mean share on the query itself and on the first token, as the detectors `self` and `sink` have them. */
  readonly self: number
  readonly first: number
  /** Largest total first; without the first token. */
  readonly receivers: readonly Receiver[]
  /** Largest share first. */
  readonly givers: readonly Giver[]
}

/** 0, 1, 2, 3–4, 5–8, 9–16, … */
const binOf = (distance: number): number => (distance === 0 ? 0 : 33 - Math.clz32(distance - 1))
const binEnds = (bin: number): readonly [number, number] =>
  bin < 2 ? [bin, bin] : [2 ** (bin - 2) + 1, 2 ** (bin - 1)]

/** Reads the rows of a pattern one after another, so that it need never be held whole. */
export class ProfileReader {
  readonly #bins: Float64Array
  readonly #uniform: Float64Array
  readonly #totals: Float64Array
  readonly #most: Float64Array
  readonly #from: Int32Array
  readonly #givers: Giver[] = []
  #mass = 0
  #back = 0
  #squared = 0
  #entropy = 0
  #entropyMost = 0
  #self = 0
  #first = 0

  constructor(readonly time: number) {
    const bins = binOf(time - 1) + 1
    this.#bins = new Float64Array(bins)
    this.#uniform = new Float64Array(bins)
    this.#totals = new Float64Array(time)
    this.#most = new Float64Array(time)
    this.#from = new Int32Array(time)
  }

  /** One row: A[query, k] is `data[start + k]` for k ≤ query. */
  add(query: number, data: ArrayLike<number>, start: number): void {
    for (let k = 0; k <= query; k++) {
      const share = data[start + k]!
      if (share > 0) this.#entropy -= share * Math.log(share)
    }
    this.#entropyMost += Math.log(query + 1)
    if (query === 0) return
    this.#self += data[start + query]!
    this.#first += data[start]!
    let giver: Giver = { query, key: -1, share: 0 }
    for (let k = 0; k <= query; k++) {
      const share = data[start + k]!
      const back = query - k
      this.#uniform[binOf(back)]! += 1 / (query + 1)
      if (share === 0) continue
      this.#bins[binOf(back)]! += share
      this.#mass += share
      this.#back += share * back
      this.#squared += share * back * back
      if (k === query || k === 0) continue
      this.#totals[k]! += share
      if (share > this.#most[k]!) {
        this.#most[k] = share
        this.#from[k] = query
      }
      if (share > giver.share) giver = { query, key: k, share }
    }
    if (giver.key >= 0) this.#givers.push(giver)
  }

  /** After all rows; at most `top` receivers and givers. */
  profile(top: number): Profile {
    const { time } = this
    const queries = time - 1
    const mean = this.#back / this.#mass
    const receivers = Array.from(
      this.#totals,
      (total, key): Receiver => ({
        key,
        total,
        queries: queries - key,
        from: this.#from[key]!,
        most: this.#most[key]!,
      }),
    )
    return {
      queries,
      distance: {
        mean,
        deviation: Math.sqrt(Math.max(0, this.#squared / this.#mass - mean ** 2)),
        bins: Array.from(this.#bins, (sum, bin) => {
          const [from, to] = binEnds(bin)
          const uniform = this.#uniform[bin]! / queries
          return { from, to: Math.min(to, queries), share: sum / queries, uniform }
        }),
      },
      entropy: { mean: this.#entropy / time, most: this.#entropyMost / time },
      self: this.#self / queries,
      first: this.#first / queries,
      receivers: receivers
        .filter(r => r.total > 0)
        .sort((a, b) => b.total - a.total || a.key - b.key)
        .slice(0, top),
      givers: this.#givers.toSorted((a, b) => b.share - a.share || a.query - b.query).slice(0, top),
    }
  }
}
