import { createRandom, type Random } from './random.ts'
import { byPresence, type Clusters, checkArgument, checkDraws, checkGrid, unitSums, unitsOf } from './units.ts'

export interface PermutationOptions {
  /** Number of random permutations, and the most that are enumerated: 10,000. */
  readonly draws?: number | undefined
  readonly seed: number
}

export interface PermutationGrid {
  /** Two-sided; NaN in cells without a value. */
  readonly p: Float64Array
  /** Prompts behind each cell. */
  readonly n: Uint32Array
}

/** Sums of one permutation that differ from the observed one by rounding only are as large as it. */
const ROUNDING = 1e-12

/**
 * Paired permutation test that differences are as likely up as down: under the null each prompt's (or cluster's)
 * difference keeps its size and takes either sign. The statistic is |mean|; p = (1 + #≥) / (B + 1), or the exact share
 * of all 2^n flips where there are no more than B. All cells share the flips.
 * Sources: R. A. Fisher, The Design of Experiments (1935), §21; B. Phipson and G. K. Smyth, Permutation P-values Should
 * Never Be Zero (2010).
 * @param differences row-major [prompts, cells]; NaN where a prompt has no value
 */
export function signFlipTest(
  differences: ArrayLike<number>,
  prompts: number,
  cells: number,
  { draws = 10_000, seed, clusters }: PermutationOptions & { readonly clusters?: Clusters | undefined },
): PermutationGrid {
  checkGrid('permutation', differences, [prompts, cells], { clusters, draws })
  const p = new Float64Array(cells).fill(Number.NaN)
  const n = new Uint32Array(cells)
  for (const { present, members } of byPresence(differences, prompts, cells)) {
    for (const cell of members) n[cell] = present.length
    if (present.length === 0) continue
    const units = unitsOf(present, clusters)
    const sums = unitSums(differences, cells, members, units)
    const width = members.length
    const share = tally(width, flips(units.length, draws, createRandom(seed).fork('sign flips')), (signs, total) => {
      total.fill(0)
      for (let u = 0; u < units.length; u++) {
        const sign = signs[u]!
        for (let j = 0; j < width; j++) total[j]! += sign * sums[u * width + j]!
      }
    })
    for (const [j, cell] of members.entries()) p[cell] = share[j]!
  }
  return { p, n }
}

/**
 * Permutation test that two samples have one distribution: under the null the labels are exchangeable. The statistic is
 * |mean a − mean b|; p as in `signFlipTest`, exact where there are no more than B ways to choose a's prompts.
 * Source: P. Good, Permutation, Parametric and Bootstrap Tests of Hypotheses (2005), §3.2.
 * @param a row-major [prompts of a, cells]
 * @param b row-major [prompts of b, cells]
 */
export function labelPermutationTest(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  cells: number,
  { draws = 10_000, seed }: PermutationOptions,
): PermutationGrid {
  checkDraws('permutation', draws)
  const [first, second] = [a.length / cells, b.length / cells]
  for (const [where, rows] of [
    ['first values', first],
    ['second values', second],
  ] as const)
    checkArgument('permutation', Number.isInteger(rows), where, rows * cells, `a multiple of ${cells} numbers`)
  const pooled = new Float64Array(a.length + b.length)
  pooled.set(a)
  pooled.set(b, a.length)
  const p = new Float64Array(cells).fill(Number.NaN)
  const n = new Uint32Array(cells)
  for (const { present, members } of byPresence(pooled, first + second, cells)) {
    for (const cell of members) n[cell] = present.length
    const size = present.filter(i => i < first).length
    const rest = present.length - size
    if (size === 0 || rest === 0) continue
    const values = unitSums(
      pooled,
      cells,
      members,
      present.map(i => [i]),
    )
    const width = members.length
    const all = new Float64Array(width)
    for (const [i, x] of values.entries()) all[i % width]! += x
    const relabelled = labels(present.length, size, draws, createRandom(seed).fork('labels'))
    const share = tally(width, relabelled, (chosen, total) => {
      total.fill(0)
      for (let k = 0; k < size; k++) for (let j = 0; j < width; j++) total[j]! += values[chosen[k]! * width + j]!
      for (let j = 0; j < width; j++) total[j] = total[j]! / size - (all[j]! - total[j]!) / rest
    })
    for (const [j, cell] of members.entries()) p[cell] = share[j]!
  }
  return { p, n }
}

/** Arrangements to compare with the first, which is the observed one. `all`: they are every one, the observed among them. */
interface Arrangements {
  readonly all: boolean
  readonly each: Iterable<ArrayLike<number>>
}

/** Share of the arrangements whose |statistic| is at least the observed one's, for each of `width` cells. */
function tally(
  width: number,
  { all, each }: Arrangements,
  statistic: (arrangement: ArrayLike<number>, into: Float64Array) => void,
): Float64Array {
  const least = new Float64Array(width)
  const now = new Float64Array(width)
  const reached = new Float64Array(width)
  let count = -1
  for (const arrangement of each) {
    count++
    statistic(arrangement, now)
    if (count === 0) for (let j = 0; j < width; j++) least[j] = Math.abs(now[j]!) * (1 - ROUNDING)
    // The negation counts what infinities leave without a number.
    else for (let j = 0; j < width; j++) if (!(Math.abs(now[j]!) < least[j]!)) reached[j]! += 1
  }
  return reached.map(r => (all ? r / count : (1 + r) / (count + 1)))
}

/** Signs of `units` units: all +1 first, then all 2^units or `draws` random ones. */
function flips(units: number, draws: number, random: Random): Arrangements {
  const all = 2 ** units <= draws
  function* each(): Iterable<ArrayLike<number>> {
    const signs = new Int8Array(units).fill(1)
    yield signs
    for (let draw = 0; draw < (all ? 2 ** units : draws); draw++) {
      let bits = draw
      for (let u = 0; u < units; u++, bits >>>= 1) {
        if (!all && u % 32 === 0) bits = random.integer(2 ** 32)
        signs[u] = bits & 1 ? -1 : 1
      }
      yield signs
    }
  }
  return { all, each: each() }
}

/** The first `size` of `n` indices: 0, 1, … first, then every choice or `draws` random ones. */
function labels(n: number, size: number, draws: number, random: Random): Arrangements {
  const all = choices(n, size) <= draws
  function* each(): Iterable<ArrayLike<number>> {
    const order = Uint32Array.from({ length: n }, (_, i) => i)
    yield order
    if (all) return yield* combinations(n, size)
    for (let draw = 0; draw < draws; draw++) {
      // The first steps of a Fisher–Yates shuffle; it may start from the order of the draw before.
      for (let k = 0; k < size; k++) {
        const other = k + random.integer(n - k)
        const moved = order[k]!
        order[k] = order[other]!
        order[other] = moved
      }
      yield order
    }
  }
  return { all, each: each() }
}

/** n over k; large ones are only large. */
function choices(n: number, k: number): number {
  let count = 1
  for (let i = 1; i <= Math.min(k, n - k); i++) count = (count * (n - Math.min(k, n - k) + i)) / i
  return Math.round(count)
}

/** Every ascending choice of k of n indices, in one array that changes. */
function* combinations(n: number, k: number): Iterable<ArrayLike<number>> {
  const chosen = Uint32Array.from({ length: k }, (_, i) => i)
  for (;;) {
    yield chosen
    let i = k - 1
    while (i >= 0 && chosen[i] === n - k + i) i--
    if (i < 0) return
    chosen[i]! += 1
    for (let j = i + 1; j < k; j++) chosen[j] = chosen[j - 1]! + 1
  }
}
