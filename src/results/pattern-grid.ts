import type { Grid } from '../words/grid.ts'
import type { Spec } from '../words/spec.ts'
import { gridOf } from './grid.ts'

/** Where a head has an entry for a query and a key: shares of attention, and scores before mask and softmax. */
export const ENTRY_SITES = ['pattern', 'scores'] as const
export type EntrySite = (typeof ENTRY_SITES)[number]

/**
 * How much an entry stands out among those of its cell; the one that does most is shown. Shares by size; scores, which
 * are signed, by their distance from 0, and one that is cut away (−∞) only where there is no other.
 */
export const STANDING: Readonly<Record<EntrySite, (entry: number) => number>> = {
  pattern: x => x,
  scores: x => (Number.isFinite(x) ? Math.abs(x) : Number.isNaN(x) ? -2 : -1),
}
/** What a cell without entries holds: no share, and no score. */
export const NO_ENTRY: Readonly<Record<EntrySite, number>> = { pattern: 0, scores: Number.NaN }
/** How the entry that stands for several is told from them. */
export const CHOSEN_ENTRY: Readonly<Record<EntrySite, string>> = { pattern: 'largest', scores: 'furthest from 0' }

/** Cells along the side of a pattern's grid at most: of longer texts a cell holds one of several entries. */
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

/** The entry that stands for each cell of a part, [rows, columns], out of a head's matrix [time, time]. */
export function standingEntries(
  site: EntrySite,
  pattern: ArrayLike<number>,
  time: number,
  { level, top, left, rows, columns }: PatternPart,
): Float32Array {
  const standing = STANDING[site]
  const data = new Float32Array(rows * columns).fill(NO_ENTRY[site])
  const last = Math.min(time, (top + rows) << level)
  const right = Math.min(time, (left + columns) << level)
  for (let q = top << level; q < last; q++) {
    const to = ((q >> level) - top) * columns - left
    for (let k = left << level; k < Math.min(right, q + 1); k++) {
      const value = pattern[q * time + k]!
      const cell = to + (k >> level)
      if (standing(value) > standing(data[cell]!)) data[cell] = value
    }
  }
  return data
}

/** A part of one head's pattern, or of its scores, as it was computed. */
export interface HeadPattern extends PatternPart {
  readonly site: EntrySite
  readonly head: { readonly layer: number; readonly head: number }
  /** Texts of all tokens of the sequence. */
  readonly tokens: readonly string[]
  readonly data: ArrayLike<number>
  readonly spec: Spec
}

/** A head's pattern or scores as a grid [query, key]; keys that come after their query have no value. */
export function patternGrid({ site, head, tokens, data, spec, level, top, left, rows, columns }: HeadPattern): Grid {
  const labels = (from: number, count: number): string[] =>
    Array.from({ length: count }, (_, i) => tokens[(from + i) << level] ?? '')
  const values = Float64Array.from(data, (x, i) =>
    left + (i % columns) > top + Math.floor(i / columns) ? Number.NaN : x,
  )
  const pooled = level === 0 ? '' : ` (${CHOSEN_ENTRY[site]} of ${2 ** level} × ${2 ** level} entries)`
  const of = `head ${head.layer}.${head.head}`
  const edited = spec.request.edits.length > 0 ? ' with the edits' : ''
  return gridOf({
    axes: [
      { name: 'query', labels: labels(top, rows) },
      { name: 'key', labels: labels(left, columns) },
    ],
    shape: [rows, columns],
    values,
    n: 1,
    metric:
      site === 'pattern'
        ? `attention of ${of}${edited}${pooled}, share of each row`
        : `scores of ${of}${edited}${pooled}, before mask and softmax`,
    spec,
  })
}
