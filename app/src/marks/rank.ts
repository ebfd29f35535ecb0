import { inRange, type MapScore } from './map-score.ts'

type Values = Pick<MapScore, 'values'>

export interface Rank {
  /** 1 for the largest; equal ones share the better place. */
  readonly place: number
  /** How many heads were measured. */
  readonly of: number
}

/**
 * Where every head stands among all of them by the size of its score, whatever its sign, as the map's order has it;
 * undefined where it was not measured.
 */
export function ranksOf({ values }: Values): (Rank | undefined)[] {
  const sizes = Array.from(values, Math.abs)
  const measured = sizes.filter(x => !Number.isNaN(x)).sort((a, b) => b - a)
  const places = new Map<number, number>()
  for (const [i, x] of measured.entries()) if (!places.has(x)) places.set(x, i + 1)
  return sizes.map(x => {
    const place = places.get(x)
    return place === undefined ? undefined : { place, of: measured.length }
  })
}

const ENDINGS: Readonly<Record<string, string>> = { one: 'st', two: 'nd', few: 'rd', other: 'th' }
const plural = new Intl.PluralRules('en', { type: 'ordinal' })

/** `3rd of 64 heads`. */
export const rankWords = ({ place, of }: Rank): string => `${place}${ENDINGS[plural.select(place)]} of ${of} heads`

/** What the map does not dim. */
export interface Shown {
  readonly range?: readonly [number, number]
  readonly top?: number
}

/** The cells that are not dimmed; undefined where nothing is, also while there is no score. */
export function shownCells(score: Values | undefined, { range, top }: Shown): ReadonlySet<number> | undefined {
  if (!score || (!range && top === undefined)) return undefined
  const { values } = score
  const cells = Array.from({ length: values.length }, (_, cell) => cell)
  if (top === undefined) return new Set(cells.filter(cell => inRange(values[cell]!, range)))
  const ranks = ranksOf(score)
  return new Set(cells.filter(cell => (ranks[cell]?.place ?? Number.POSITIVE_INFINITY) <= top))
}
