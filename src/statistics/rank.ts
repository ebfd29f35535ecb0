import { quantile, sampleRankCorrelation } from 'simple-statistics'
import { kendallTau } from './kendall.ts'
import { createRandom } from './random.ts'
import { type BootstrapOptions, eachResample } from './resample.ts'
import { checkArgument, checkGrid, unitsOf } from './units.ts'

export type RankMethod = 'spearman' | 'kendall'

export interface RankCorrelation {
  /** −1 to 1; NaN when one side does not vary. */
  readonly value: number
  /** Ends of the percentile bootstrap interval over pairs; absent where fewer than two units, or no resample, vary. */
  readonly low?: number
  readonly high?: number
  /** Pairs with both values. */
  readonly n: number
}

const methods: Readonly<Record<RankMethod, (x: number[], y: number[]) => number>> = {
  // Pearson's correlation of midranks.
  spearman: (x, y) => (x.length < 2 ? Number.NaN : sampleRankCorrelation(x, y)),
  kendall: kendallTau,
}

/**
 * How far two lists agree in their order: Spearman's rho (on midranks) or Kendall's tau-b, with a percentile bootstrap
 * interval over pairs. Pairs that lack a value are left out; resamples in which one side does not vary have none.
 * Sources: C. Spearman, The Proof and Measurement of Association between Two Things (1904); for tau see `kendallTau`.
 */
export function rankCorrelation(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  method: RankMethod,
  { clusters, draws = 10_000, level = 0.95, seed }: BootstrapOptions,
): RankCorrelation {
  checkArgument('correlation', x.length === y.length, 'second list', y.length, `${x.length} numbers`)
  checkGrid('correlation', x, [x.length, 1], { clusters, draws })
  checkArgument('correlation', level > 0 && level < 1, 'level', level, 'a number between 0 and 1')
  const correlate = methods[method]
  const of = (pairs: readonly number[]): number =>
    correlate(
      pairs.map(i => x[i]!),
      pairs.map(i => y[i]!),
    )
  const present = Array.from(x, (_, i) => i).filter(i => !Number.isNaN(x[i]!) && !Number.isNaN(y[i]!))
  const point = { value: of(present), n: present.length }
  const units = unitsOf(present, clusters)
  if (units.length < 2) return point
  const drawn: number[] = []
  eachResample(units.length, draws, createRandom(seed).fork('bootstrap'), counts => {
    const value = of(units.flatMap((unit, u) => Array.from({ length: counts[u]! }, () => unit).flat()))
    if (!Number.isNaN(value)) drawn.push(value)
  })
  if (drawn.length === 0) return point
  return { ...point, low: quantile(drawn, (1 - level) / 2), high: quantile(drawn, (1 + level) / 2) }
}
