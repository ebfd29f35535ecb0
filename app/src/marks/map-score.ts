import { gridValues } from '../../../src/results/grid.ts'
import type { Grid } from '../../../src/words/grid.ts'
import { type Certainty, certaintyOf } from './certainty.ts'
import { roundUp, type Scale } from './scale.ts'

/** A number for each head, [layer, head] row-major, as the map draws it. */
export interface MapScore {
  readonly values: ArrayLike<number>
  readonly low?: ArrayLike<number>
  readonly high?: ArrayLike<number>
  /** Prompts behind each number. */
  readonly n: number
  readonly scale: Scale
}

const largest = (values: ArrayLike<number>): number => {
  let most = 0
  for (let i = 0; i < values.length; i++) if (Math.abs(values[i]!) > most) most = Math.abs(values[i]!)
  return most
}

/** The score of a grid [layer, head]. Shares of attention have the scale 0 to 1; the rest a round end of its own. */
export function scoreOf(grid: Grid, kind: 'share' | 'amount' | 'effect'): MapScore {
  const part = (cells: Grid['low']): ArrayLike<number> | undefined =>
    cells && gridValues({ ...grid, values: cells }).data
  const { data: values } = gridValues(grid)
  const [low, high] = [part(grid.low), part(grid.high)]
  const signed = kind === 'effect'
  return {
    values,
    ...(low && high ? { low, high } : {}),
    n: typeof grid.n === 'number' ? grid.n : 1,
    scale: { signed, most: kind === 'share' ? 1 : roundUp(largest(values)) },
  }
}

/** An effect that was measured once, so that it has no interval. */
export const effectScore = (values: ArrayLike<number>): MapScore => ({
  values,
  n: 1,
  scale: { signed: true, most: roundUp(largest(values)) },
})

/** How far each head's output has moved under the edits. */
export const changeScore = (values: ArrayLike<number>): MapScore => ({
  values,
  n: 1,
  scale: { signed: false, most: 1 },
})

export const certaintyAt = ({ low, high }: MapScore, cell: number): Certainty => certaintyOf(low?.[cell], high?.[cell])

/** The heads of one layer by falling size of their score; what was not measured comes last. */
export function byScore({ values }: Pick<MapScore, 'values'>, layer: number, heads: number): number[] {
  const size = (head: number): number => Math.abs(values[layer * heads + head] ?? Number.NaN)
  const rank = (head: number): number => (Number.isNaN(size(head)) ? -1 : size(head))
  return Array.from({ length: heads }, (_, h) => h).sort((a, b) => rank(b) - rank(a) || a - b)
}

/** Cells whose score lies in the range; all of them without one. */
export const inRange = (value: number, range: readonly [number, number] | undefined): boolean =>
  range === undefined || (value >= range[0] && value <= range[1])
