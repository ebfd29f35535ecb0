import type { Shape } from '../state/head.ts'

/** Where the cells of a head map stand, in pixels. */
export interface MapLayout {
  readonly width: number
  readonly height: number
  readonly left: number
  readonly top: number
  readonly cell: number
  readonly rowHeight: number
  /** Left edge of each place of a row, upper edge of each layer. */
  readonly x: readonly number[]
  readonly y: readonly number[]
  /** From and to of each kv group of a row. */
  readonly groups: readonly (readonly [number, number])[]
  /** Every how many heads and layers a number fits. */
  readonly everyHead: number
  readonly everyLayer: number
}

const LEFT = 22
const TOP = 20
const MARGIN = 3
const GAP = 2
/** Between the heads of one group, and between groups. */
const INSIDE = 1
const BETWEEN = 5
const LEAST = 5
/** Largest cell, and the height of all layers: beside the text, or above it as a strip; pictures need more of both. */
const PLACES = {
  side: { largest: 32, tallest: 420 },
  strip: { largest: 48, tallest: 208 },
  sidePictures: { largest: 36, tallest: 960 },
  stripPictures: { largest: 48, tallest: 420 },
} as const
export type Place = keyof typeof PLACES
/** Room that a number of two digits takes. */
const LABEL = 15

/** Cells as large as the width and a screen's height allow; heads that share keys and values stand joined. */
export function layoutMap({ layers, heads, groups }: Shape, room: number, place: Place = 'side'): MapLayout {
  const { largest, tallest } = PLACES[place]
  const perGroup = heads / groups
  const joined = perGroup > 1
  const gapAfter = (h: number): number => (joined ? ((h + 1) % perGroup === 0 ? BETWEEN : INSIDE) : GAP)
  let gaps = 0
  for (let h = 0; h < heads - 1; h++) gaps += gapAfter(h)
  const cell = clamp(Math.floor((room - LEFT - MARGIN - gaps) / heads), largest)
  const rowHeight = Math.min(cell, clamp(Math.floor(tallest / layers) - GAP, largest))
  const x: number[] = []
  for (let h = 0, at = LEFT; h < heads; at += cell + gapAfter(h), h++) x.push(at)
  const y = Array.from({ length: layers }, (_, l) => TOP + l * (rowHeight + GAP))
  return {
    left: LEFT,
    top: TOP,
    cell,
    rowHeight,
    x,
    y,
    width: x.at(-1)! + cell + MARGIN,
    height: y.at(-1)! + rowHeight + MARGIN,
    groups: Array.from({ length: groups }, (_, g) => [x[g * perGroup]!, x[(g + 1) * perGroup - 1]! + cell] as const),
    everyHead: Math.ceil(LABEL / (cell + INSIDE)),
    everyLayer: Math.ceil(LABEL / (rowHeight + GAP)),
  }
}

const clamp = (x: number, most: number): number => Math.min(most, Math.max(LEAST, x))
