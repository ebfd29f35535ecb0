import { quantile } from 'simple-statistics'
import { createRandom, type Random } from './random.ts'
import { byPresence, type Clusters, checkArgument, checkGrid, unitSums, unitsOf } from './units.ts'

export interface BootstrapOptions {
  /** One cluster id per prompt (its template, say): whole clusters are drawn. Default: each prompt by itself. */
  readonly clusters?: Clusters | undefined
  /** Number of resamples. */
  readonly draws?: number | undefined
  /** Coverage of the interval, between 0 and 1. */
  readonly level?: number | undefined
  readonly seed: number
}

/** One number per cell; `low` and `high` are NaN in cells without an interval, and absent when no cell has one. */
export interface IntervalGrid {
  readonly mean: Float64Array
  readonly low?: Float64Array
  readonly high?: Float64Array
  /** Number of prompts with a value. */
  readonly n: Uint32Array
}

/** Cells that are resampled together. Bounds the memory to draws × CELLS doubles; each block repeats the draws. */
const CELLS = 64

/**
 * Σ values / Σ weights of every cell with its percentile bootstrap interval: units (prompts or clusters) are drawn with
 * replacement, as many as there are, values and weights together. A mean is the case of weights 1. NaN means "no
 * value" and is left out before anything is drawn. All cells share one set of resamples.
 * @param perPrompt row-major [prompts, cells]
 * @param weights [prompts], none of them NaN where a cell has a value
 */
export function resampleGrid(
  perPrompt: ArrayLike<number>,
  weights: ArrayLike<number> | undefined,
  [prompts, cells]: readonly [prompts: number, cells: number],
  { clusters, draws = 10_000, level = 0.95, seed }: BootstrapOptions,
): IntervalGrid {
  checkGrid('bootstrap', perPrompt, [prompts, cells], { clusters, draws })
  checkArgument('bootstrap', level > 0 && level < 1, 'level', level, 'a number between 0 and 1')
  const weightOf = (unit: readonly number[]): number =>
    weights ? unit.reduce((s, i) => s + weights[i]!, 0) : unit.length

  const mean = new Float64Array(cells).fill(Number.NaN)
  const low = new Float64Array(cells).fill(Number.NaN)
  const high = new Float64Array(cells).fill(Number.NaN)
  const n = new Uint32Array(cells)
  let intervals = false
  for (const { present, members } of byPresence(perPrompt, prompts, cells)) {
    const units = unitsOf(present, clusters)
    for (const cell of members) {
      n[cell] = present.length
      if (present.length > 0)
        mean[cell] = present.reduce((s, i) => s + perPrompt[i * cells + cell]!, 0) / weightOf(present)
    }
    if (units.length < 2) continue
    intervals = true
    for (let from = 0; from < members.length; from += CELLS) {
      const block = members.slice(from, from + CELLS)
      const sums = unitSums(perPrompt, cells, block, units)
      const random = createRandom(seed).fork('bootstrap')
      const means = resampledRatios(sums, units.map(weightOf), block.length, draws, random)
      for (const [j, cell] of block.entries()) {
        // A resample may draw weights that cancel.
        const drawn = weights ? means[j]!.filter(x => !Number.isNaN(x)) : means[j]!
        low[cell] = quantile(drawn, (1 - level) / 2)
        high[cell] = quantile(drawn, (1 + level) / 2)
      }
    }
  }
  return intervals ? { mean, low, high, n } : { mean, n }
}

/** Σ sums / Σ weights of every resample, [block, draws]; a resample draws as many units as there are. */
function resampledRatios(
  sums: Float64Array,
  weights: readonly number[],
  width: number,
  draws: number,
  random: Random,
): number[][] {
  const ratios = Array.from({ length: width }, () => new Array<number>(draws).fill(0))
  const total = new Float64Array(width)
  eachResample(weights.length, draws, random, (counts, draw) => {
    total.fill(0)
    let weight = 0
    for (let u = 0; u < weights.length; u++) {
      const count = counts[u]!
      // Skipping is not only faster: 0 · ∞ would be NaN.
      if (count === 0) continue
      weight += count * weights[u]!
      for (let j = 0; j < width; j++) total[j]! += count * sums[u * width + j]!
    }
    for (let j = 0; j < width; j++) ratios[j]![draw] = total[j]! / weight
  })
  return ratios
}

/** Draws `units` of `units` with replacement, `draws` times, and hands over how often each was drawn. */
export function eachResample(
  units: number,
  draws: number,
  random: Random,
  use: (counts: Uint32Array, draw: number) => void,
): void {
  const counts = new Uint32Array(units)
  for (let draw = 0; draw < draws; draw++) {
    counts.fill(0)
    for (let k = 0; k < units; k++) counts[random.integer(units)]! += 1
    use(counts, draw)
  }
}
