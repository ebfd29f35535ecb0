import type { Grid } from '../words/grid.ts'
import type { Spec } from '../words/spec.ts'
import { gridOf } from './grid.ts'

/** Cells along the side of a pattern's grid at most: of longer texts a cell holds the largest of several entries. */
export const PATTERN_SIDE = 256

/** The finest level at which so many tokens have at most `PATTERN_SIDE` cells; a cell is 2ⁿ × 2ⁿ entries. */
export const patternLevel = (tokens: number): number => Math.max(0, Math.ceil(Math.log2(tokens / PATTERN_SIDE)))

/** A part of a pattern at a level: its first row and column, in cells, and how many of both. */
export interface PatternPart {
  readonly level: number
  readonly top: number
  readonly left: number
  readonly rows: number
  readonly columns: number
}

/** The largest entry of each cell of a part, [rows, columns], out of a whole pattern [time, time]. */
export function largestEntries(
  pattern: ArrayLike<number>,
  time: number,
  { level, top, left, rows, columns }: PatternPart,
): Float32Array {
  const data = new Float32Array(rows * columns)
  const last = Math.min(time, (top + rows) << level)
  const right = Math.min(time, (left + columns) << level)
  for (let q = top << level; q < last; q++) {
    const to = ((q >> level) - top) * columns - left
    for (let k = left << level; k < Math.min(right, q + 1); k++) {
      const value = pattern[q * time + k]!
      const cell = to + (k >> level)
      if (value > data[cell]!) data[cell] = value
    }
  }
  return data
}

/** A part of one head's pattern as it was computed. */
export interface HeadPattern extends PatternPart {
  readonly head: { readonly layer: number; readonly head: number }
  /** Texts of all tokens of the sequence. */
  readonly tokens: readonly string[]
  readonly data: ArrayLike<number>
  readonly spec: Spec
}

/** A head's pattern as a grid [query, key]; keys that come after their query have no value. */
export function patternGrid({ head, tokens, data, spec, level, top, left, rows, columns }: HeadPattern): Grid {
  const labels = (from: number, count: number): string[] =>
    Array.from({ length: count }, (_, i) => tokens[(from + i) << level] ?? '')
  const values = Float64Array.from(data, (x, i) =>
    left + (i % columns) > top + Math.floor(i / columns) ? Number.NaN : x,
  )
  const pooled = level === 0 ? '' : ` (largest of ${2 ** level} × ${2 ** level} entries)`
  const edited = spec.request.edits.length > 0 ? ' with the edits' : ''
  return gridOf({
    axes: [
      { name: 'query', labels: labels(top, rows) },
      { name: 'key', labels: labels(left, columns) },
    ],
    shape: [rows, columns],
    values,
    n: 1,
    metric: `attention of head ${head.layer}.${head.head}${edited}${pooled}, share of each row`,
    spec,
  })
}
