import { gridOf } from '../results/grid.ts'
import { bootstrapGrid } from '../statistics/bootstrap.ts'
import type { Grid } from '../words/grid.ts'
import type { Spec } from '../words/spec.ts'

/** Resamples of the prompts behind every interval. */
const DRAWS = 10_000

/** What was measured of every head on every prompt, [prompt, layer, head], and what it is. */
export interface HeadMeasurement {
  readonly values: Float32Array
  readonly prompts: number
  readonly layers: number
  readonly heads: number
  readonly metric: string
  readonly higherIsBetter?: boolean
  readonly seed: number
  /** Of each head, [layer, head]: probability under a null, and false discovery rate. */
  readonly p?: Float64Array
  readonly q?: Float64Array
}

/** The grid [layer, head] of means over the prompts, with 95% intervals where there are two prompts or more. */
export function headGrid({ values, prompts: n, layers, heads, seed, ...about }: HeadMeasurement, spec: Spec): Grid {
  const { mean, low, high } = bootstrapGrid(values, n, layers * heads, { seed, draws: DRAWS })
  const axes = [{ name: 'layer' as const }, { name: 'head' as const }]
  return gridOf({
    axes,
    shape: [layers, heads],
    values: mean,
    ...(low && high ? { low, high } : {}),
    n,
    ...about,
    spec,
  })
}
