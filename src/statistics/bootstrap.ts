import { type BootstrapOptions, type IntervalGrid, resampleGrid } from './resample.ts'
import { checkArgument } from './units.ts'

export type { BootstrapOptions, IntervalGrid }

export interface Interval {
  readonly mean: number
  /** Ends of the interval; absent when fewer than two clusters hold a value. */
  readonly low?: number
  readonly high?: number
  /** Number of values that are not NaN. */
  readonly n: number
}

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
export const bootstrapGrid = (
  perPrompt: ArrayLike<number>,
  prompts: number,
  cells: number,
  options: BootstrapOptions,
): IntervalGrid => resampleGrid(perPrompt, undefined, [prompts, cells], options)

/**
 * Paired bootstrap of mean a − mean b: a prompt's two values are drawn together, so that what makes a prompt hard
 * cancels. Prompts that lack either value are left out.
 * @param a row-major [prompts, cells]
 * @param b the same, or [prompts]: one value a prompt that every cell is compared with
 */
export function bootstrapDifference(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  prompts: number,
  cells: number,
  options: BootstrapOptions,
): IntervalGrid {
  const shared = b.length === prompts
  checkArgument(
    'bootstrap',
    shared || b.length === a.length,
    'second values',
    b.length,
    `${prompts} or ${prompts} × ${cells} numbers`,
  )
  const difference = Float64Array.from(a, (x, i) => x - b[shared ? Math.floor(i / cells) : i]!)
  return bootstrapGrid(difference, prompts, cells, options)
}
