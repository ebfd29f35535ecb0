import { type GridAxis, gridOf } from '../results/grid.ts'
import { bootstrapGrid } from '../statistics/bootstrap.ts'
import { benjaminiHochberg } from '../statistics/fdr.ts'
import { signFlipTest } from '../statistics/permutation.ts'
import { clustersOf } from '../tasks/prepare.ts'
import { sizeOf } from '../words/arrays.ts'
import type { Grid } from '../words/grid.ts'
import type { Spec } from '../words/spec.ts'
import type { Subject } from './subject.ts'

/** Resamples and permutations behind every interval and p. */
export const DRAWS = 10_000
/** Changes below it are how the sums were rounded, not what the edit did. */
const ROUNDING = 1e-5

export interface Effects {
  readonly axes: readonly GridAxis[]
  readonly shape: readonly number[]
  /** Change of the metric by what was done, [item, …shape]. */
  readonly effects: Float64Array
  readonly items: Subject['items']
  readonly metric: string
  readonly higherIsBetter?: boolean
  readonly seed: number
}

/**
 * The grid of mean effects over the items, with 95% intervals (cluster bootstrap; clusters are templates), the
 * probability p of so large a mean effect if each item's effect could as well have the other sign, and the false
 * discovery rate q over the cells; the three where there are two items or more.
 */
export function effectGrid({ axes, shape, effects, items, metric, higherIsBetter, seed }: Effects, spec: Spec): Grid {
  const cells = sizeOf(shape)
  const clusters = clustersOf({ items })
  const o = { clusters, draws: DRAWS, seed }
  const { mean, low, high } = bootstrapGrid(effects, items.length, cells, o)
  const settled = effects.map(d => (Math.abs(d) < ROUNDING ? 0 : d))
  const p = items.length > 1 ? signFlipTest(settled, items.length, cells, o).p : undefined
  return gridOf({
    axes,
    shape,
    values: mean,
    ...(low && high ? { low, high } : {}),
    n: items.length,
    ...(p ? { p, q: benjaminiHochberg(p) } : {}),
    metric,
    ...(higherIsBetter === undefined ? {} : { higherIsBetter }),
    spec,
  })
}
