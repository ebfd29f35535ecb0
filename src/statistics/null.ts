import { throwIfAborted } from '../words/error.ts'
import { createRandom, type Random } from './random.ts'
import { checkArgument, checkDraws } from './units.ts'

export interface NullOptions {
  /** Number of draws of the null: 10,000. */
  readonly draws?: number | undefined
  readonly seed: number
  readonly signal?: AbortSignal | undefined
}

export interface NullGrid {
  /** Observed − mean of the null; NaN where either has no value. */
  readonly excess: Float64Array
  /** (1 + draws that reach the observed value) / (draws + 1), one-sided: large values are rare under the null. */
  readonly p: Float64Array
}

const INTERRUPTIBLE = 256
/** Draws that fall short of the observed value by rounding only have reached it. */
const ROUNDING = 1e-12

/**
 * Compares each cell with draws of its null, one draw of all cells at a time; nothing of a draw is kept. A draw's cell
 * without a value (NaN) counts in neither number. Ties count against the finding.
 * @param draw the statistics of one draw, one per cell; the array may be used again
 */
export function nullTest(
  observed: ArrayLike<number>,
  draw: (random: Random, index: number) => ArrayLike<number>,
  { draws = 10_000, seed, signal }: NullOptions,
): NullGrid {
  checkDraws('null', draws)
  const cells = observed.length
  const random = createRandom(seed).fork('null')
  const least = Float64Array.from(observed, x => x - ROUNDING * Math.abs(x))
  const sum = new Float64Array(cells)
  const counted = new Uint32Array(cells)
  const reached = new Uint32Array(cells)
  for (let i = 0; i < draws; i++) {
    if (i % INTERRUPTIBLE === 0) throwIfAborted(signal)
    const drawn = draw(random, i)
    checkArgument('null', drawn.length === cells, 'draw', drawn.length, `${cells} numbers`)
    for (let c = 0; c < cells; c++) {
      const x = drawn[c]!
      if (Number.isNaN(x)) continue
      sum[c]! += x
      counted[c]! += 1
      if (x >= least[c]!) reached[c]! += 1
    }
  }
  const valid = (c: number): boolean => counted[c]! > 0 && !Number.isNaN(observed[c]!)
  return {
    excess: Float64Array.from(sum, (s, c) => (valid(c) ? observed[c]! - s / counted[c]! : Number.NaN)),
    p: Float64Array.from(reached, (r, c) => (valid(c) ? (1 + r) / (counted[c]! + 1) : Number.NaN)),
  }
}
