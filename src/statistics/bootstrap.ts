import { quantile } from 'simple-statistics'
import { HeadwiseError } from '../words/error.ts'
import { createRandom, type Random } from './random.ts'

export interface BootstrapOptions {
  /** One cluster id per prompt (its template, say): whole clusters are drawn. Default: each prompt by itself. */
  readonly clusters?: readonly (string | number)[]
  /** Number of resamples. */
  readonly draws?: number
  /** Coverage of the interval, between 0 and 1. */
  readonly level?: number
  readonly seed: number
}

export interface Interval {
  readonly mean: number
  /** Ends of the interval; absent when fewer than two clusters hold a value. */
  readonly low?: number
  readonly high?: number
  /** Number of values that are not NaN. */
  readonly n: number
}

/** One number per cell; `low` and `high` are NaN in cells without an interval, and absent when no cell has one. */
export interface IntervalGrid {
  readonly mean: Float64Array
  readonly low?: Float64Array
  readonly high?: Float64Array
  readonly n: Uint32Array
}

/** Cells that are resampled together. Bounds the memory to draws × CELLS doubles; each block repeats the draws. */
const CELLS = 64

/**
 * Percentile bootstrap of the mean: prompts (or clusters of prompts) are drawn with replacement, as many as there are,
 * and the interval's ends are quantiles of the resampled means (Hyndman and Fan's type 7, the default of NumPy and R).
 * A resampled mean is Σ values / number of values over the drawn clusters. NaN means "no value" and is left out before
 * anything is drawn. An infinite mean has no interval.
 * Source: B. Efron and R. Tibshirani, An Introduction to the Bootstrap (1993), §13.3; clusters as in §8.
 */
export function bootstrapMean(values: ArrayLike<number>, options: BootstrapOptions): Interval {
  const { mean, low, high, n } = bootstrapGrid(values, values.length, 1, options)
  const point = { mean: mean[0] ?? Number.NaN, n: n[0] ?? 0 }
  return low && high ? { ...point, low: low[0]!, high: high[0]! } : point
}

/**
 * `bootstrapMean` of every cell of a grid. All cells share one set of resamples, so that differences between cells
 * keep their correlation over prompts; each cell equals `bootstrapMean` of its own column bit for bit.
 * @param perPrompt row-major [prompts, cells]
 */
export function bootstrapGrid(
  perPrompt: ArrayLike<number>,
  prompts: number,
  cells: number,
  options: BootstrapOptions,
): IntervalGrid {
  const { clusters, draws = 10_000, level = 0.95, seed } = options
  check(perPrompt.length === prompts * cells, 'values', perPrompt.length, `${prompts} × ${cells} numbers`)
  check(clusters === undefined || clusters.length === prompts, 'clusters', clusters?.length, `one for each prompt`)
  check(Number.isInteger(draws) && draws >= 1 && draws <= 1e7, 'draws', draws, 'an integer from 1 to 10,000,000')
  check(level > 0 && level < 1, 'level', level, 'a number between 0 and 1')

  const mean = new Float64Array(cells).fill(Number.NaN)
  const low = new Float64Array(cells).fill(Number.NaN)
  const high = new Float64Array(cells).fill(Number.NaN)
  const n = new Uint32Array(cells)
  let intervals = false
  for (const { present, members } of byPresence(perPrompt, prompts, cells)) {
    const units = group(present, clusters)
    for (const cell of members) {
      n[cell] = present.length
      if (present.length > 0)
        mean[cell] = present.reduce((s, i) => s + perPrompt[i * cells + cell]!, 0) / present.length
    }
    if (units.length < 2) continue
    intervals = true
    for (let from = 0; from < members.length; from += CELLS) {
      const block = members.slice(from, from + CELLS)
      const sums = clusterSums(perPrompt, cells, block, units)
      const sizes = units.map(unit => unit.length)
      const means = resampledMeans(sums, sizes, block.length, draws, createRandom(seed).fork('bootstrap'))
      for (const [j, cell] of block.entries()) {
        low[cell] = quantile(means[j]!, (1 - level) / 2)
        high[cell] = quantile(means[j]!, (1 + level) / 2)
      }
    }
  }
  return intervals ? { mean, low, high, n } : { mean, n }
}

function check(ok: boolean, where: string, found: unknown, allowed: string): void {
  if (ok) return
  throw new HeadwiseError(`The bootstrap's ${where} cannot be ${String(found)}; allowed: ${allowed}.`, {
    code: 'bootstrap-argument',
    fault: 'usage',
    where,
    found,
    allowed,
  })
}

/** The cells, put together by which prompts have a value there: nearly always one set. */
function byPresence(perPrompt: ArrayLike<number>, prompts: number, cells: number) {
  const sets = new Map<string, { present: number[]; members: number[] }>()
  const rows = Array.from({ length: prompts }, (_, i) => i)
  for (let cell = 0; cell < cells; cell++) {
    const missing = rows.filter(i => Number.isNaN(perPrompt[i * cells + cell]!))
    const key = missing.join()
    const set = sets.get(key)
    if (set) set.members.push(cell)
    else sets.set(key, { present: rows.filter(i => !Number.isNaN(perPrompt[i * cells + cell]!)), members: [cell] })
  }
  return sets.values()
}

/** The prompts of each cluster, in order of first appearance. */
function group(prompts: readonly number[], clusters: BootstrapOptions['clusters']): number[][] {
  if (!clusters) return prompts.map(i => [i])
  const units = new Map<string | number, number[]>()
  for (const i of prompts) {
    const id = clusters[i]!
    const unit = units.get(id)
    if (unit) unit.push(i)
    else units.set(id, [i])
  }
  return [...units.values()]
}

/** Σ over each cluster's prompts, [clusters, block]. */
function clusterSums(
  perPrompt: ArrayLike<number>,
  cells: number,
  block: readonly number[],
  units: readonly (readonly number[])[],
): Float64Array {
  const width = block.length
  const sums = new Float64Array(units.length * width)
  for (const [u, prompts] of units.entries())
    for (const i of prompts)
      for (const [j, cell] of block.entries()) sums[u * width + j]! += perPrompt[i * cells + cell]!
  return sums
}

/** Means of every resample, [block, draws]; a resample draws as many clusters as there are. */
function resampledMeans(
  sums: Float64Array,
  sizes: readonly number[],
  width: number,
  draws: number,
  random: Random,
): number[][] {
  const means = Array.from({ length: width }, () => new Array<number>(draws).fill(0))
  const total = new Float64Array(width)
  const counts = new Uint32Array(sizes.length)
  for (let draw = 0; draw < draws; draw++) {
    counts.fill(0)
    for (let k = 0; k < sizes.length; k++) counts[random.integer(sizes.length)]! += 1
    total.fill(0)
    let size = 0
    for (let u = 0; u < sizes.length; u++) {
      const count = counts[u]!
      // Skipping is not only faster: 0 · ∞ would be NaN.
      if (count === 0) continue
      size += count * sizes[u]!
      for (let j = 0; j < width; j++) total[j]! += count * sums[u * width + j]!
    }
    for (let j = 0; j < width; j++) means[j]![draw] = total[j]! / size
  }
  return means
}
