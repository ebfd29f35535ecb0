import type { Grid } from '../words/grid.ts'
import type { Theme } from './colour.ts'
import type { PanelOptions } from './panel.ts'
import { unitOf } from './unit.ts'

/** How values become colours. */
export interface ColourScale {
  /** Whether zero lies in the middle, at the paper's colour. */
  readonly signed: boolean
  readonly max: number
  /** −1 to 1; infinities are the ends. */
  share(value: number): number
  colour(value: number): string
}

/** Differences have a sign even where all of them rose. */
const isDifference = ({ spec: { request } }: Grid): boolean =>
  request.command === 'ablate' || request.method?.id === 'token-knockout'

/** Shares that come near to the whole are drawn against the whole, so that one colour means one share. */
const whole = (unit: string, largest: number): number =>
  /^(share|probability)/.test(unit) && largest > 0.5 && largest < 1 ? 1 : largest

export function colourScale(grid: Grid, values: Float64Array, { theme, max, ...o }: PanelOptions): ColourScale {
  const finite = values.filter(Number.isFinite)
  const largest = max ?? whole(unitOf(grid), finite.reduce((m, x) => Math.max(m, Math.abs(x)), 0) || 1)
  const signed = o.signed ?? (isDifference(grid) || values.some(x => x < 0))
  const share = (value: number): number => Math.max(-1, Math.min(1, value / largest))
  const colours = (theme: Theme) => (signed ? theme.diverging : theme.sequential)
  return { signed, max: largest, share, colour: value => colours(theme)(share(value)) }
}

/** Round numbers (1, 2 or 5 times a power of ten apart) within a range, about `wanted` of them. */
export function ticks(from: number, to: number, wanted: number): number[] {
  const rough = (to - from) / Math.max(1, wanted)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find(s => s * power >= rough * 0.999) ?? 10) * power
  const first = Math.ceil(from / step - 1e-9)
  return Array.from({ length: Math.max(0, Math.floor(to / step + 1e-9) - first + 1) }, (_, i) =>
    // Through the decimal form, so that 3 · 0.1 is 0.3.
    Number(((first + i) * step).toPrecision(12)),
  )
}

/** A line on which values stand. */
export interface ValueAxis {
  readonly ticks: readonly number[]
  /** 0 at the start, 1 at the end. */
  at(value: number): number
}

/** From the least to the most number with a little room; 0 is on it when it is near. */
export function valueAxis(numbers: readonly number[]): ValueAxis {
  const finite = numbers.filter(Number.isFinite)
  let from = finite.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  let to = finite.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  if (finite.length === 0) [from, to] = [0, 1]
  const span = to - from || Math.abs(to) || 1
  if (from > 0 && from < 0.5 * span) from = 0
  else if (to < 0 && -to < 0.5 * span) to = 0
  if (from !== 0) from -= 0.05 * span
  if (to !== 0) to += 0.05 * span
  if (from === to) to = 1
  return { ticks: ticks(from, to, 5), at: value => (value - from) / (to - from) }
}
