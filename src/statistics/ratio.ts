import { HeadwiseError } from '../words/error.ts'
import { type BootstrapOptions, bootstrapMean, type Interval } from './bootstrap.ts'
import { resampleGrid } from './resample.ts'
import { byPresence, checkArgument } from './units.ts'

/** One ratio per cell; NaN where there is none. */
export interface RatioGrid {
  readonly ratio: Float64Array
  /** Absent when no cell has an interval. */
  readonly low?: Float64Array
  readonly high?: Float64Array
  /** Prompts behind each cell. */
  readonly n: Uint32Array
  /** The mean of the denominator over all prompts. */
  readonly denominator: Interval
}

/**
 * Σ numerator / Σ denominator with its paired bootstrap interval: a prompt's (or cluster's) numerator and denominator
 * are drawn together. Recovery is the case of m_patch − m_corrupt over m_clean − m_corrupt, one denominator for a whole
 * grid of patches. A ratio of sums, not a mean of ratios: prompts whose denominator is near 0 do not dominate.
 * Source: B. Efron and R. Tibshirani, An Introduction to the Bootstrap (1993), §10.3 (the patch data, a ratio of means).
 *
 * Throws `ratio-denominator` when the denominator's own interval holds 0: then the ratio's size and sign are chance.
 * A cell whose remaining prompts have such a denominator is NaN.
 * @param numerator row-major [prompts, cells]
 * @param denominator [prompts]
 */
export function bootstrapRatio(
  numerator: ArrayLike<number>,
  denominator: ArrayLike<number>,
  prompts: number,
  cells: number,
  options: BootstrapOptions,
): RatioGrid {
  checkArgument('ratio', denominator.length === prompts, 'denominator', denominator.length, `${prompts} numbers`)
  const whole = bootstrapMean(denominator, options)
  if (holdsZero(whole)) throw noDenominator(whole)
  const paired = Float64Array.from(numerator, (x, i) =>
    Number.isNaN(denominator[Math.floor(i / cells)]!) ? Number.NaN : x,
  )
  const { mean: ratio, low, high, n } = resampleGrid(paired, denominator, [prompts, cells], options)
  for (const { present, members } of byPresence(paired, prompts, cells)) {
    const kept = new Set(present)
    const own = Float64Array.from(denominator, (x, i) => (kept.has(i) ? x : Number.NaN))
    if (present.length === whole.n || !holdsZero(bootstrapMean(own, options))) continue
    for (const values of [ratio, low, high]) for (const cell of members) if (values) values[cell] = Number.NaN
  }
  return { ratio, ...(low && high ? { low, high } : {}), n, denominator: whole }
}

const holdsZero = ({ mean, low = mean, high = mean }: Interval): boolean => low <= 0 && high >= 0

const noDenominator = ({ mean, low = mean, high = mean, n }: Interval): HeadwiseError =>
  new HeadwiseError(
    `The metric's change that the ratio divides by cannot be told from 0 (mean ${mean.toPrecision(3)}, interval ${low.toPrecision(3)} to ${high.toPrecision(3)}, n = ${n}); use more prompts, or a task that the model can do.`,
    {
      code: 'ratio-denominator',
      fault: 'failed',
      where: 'denominator',
      found: [low, high],
      allowed: 'an interval without 0',
    },
  )
