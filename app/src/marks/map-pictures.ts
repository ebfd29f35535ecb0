import type { Cells } from './pattern-cells.ts'
import { paint, type Ramp } from './pattern-draw.ts'

/** The patterns of all heads, each as side × side cells that hold the largest of block × block entries. */
export interface Pictures {
  readonly side: number
  readonly block: number
  /** Tokens of the text. */
  readonly time: number
  /** [layer, head, side, side]; rows are queries. */
  readonly data: Float32Array
}

/** Cells along the side of a picture at most. */
export const PICTURE_SIDE = 32

/** The picture of one head, by its place in [layer, head]. */
export const pictureOf = ({ side, data }: Pictures, cell: number): Float32Array =>
  data.subarray(cell * side * side, (cell + 1) * side * side)

/** Where no key comes before its query. */
const NOTHING = -1

/** The cells that a pixel of `pixels` shows: the one at its middle, or all that share it. */
const under = (pixel: number, pixels: number, side: number): readonly [from: number, to: number] => {
  if (side > pixels) return [Math.floor((pixel * side) / pixels), Math.ceil(((pixel + 1) * side) / pixels)]
  const at = Math.floor(((pixel + 0.5) * side) / pixels)
  return [at, at + 1]
}

/** A picture in so many pixels: each has the largest of the cells that it shows, −1 above the diagonal. */
export function fitPicture(picture: Float32Array, side: number, columns: number, rows: number): Cells {
  const data = new Float32Array(rows * columns).fill(NOTHING)
  const across = Array.from({ length: columns }, (_, x) => under(x, columns, side))
  for (let y = 0; y < rows; y++) {
    const [top, bottom] = under(y, rows, side)
    for (let x = 0; x < columns; x++) {
      const [left, right] = across[x]!
      let most = NOTHING
      for (let q = top; q < bottom; q++)
        for (let k = left; k < Math.min(right, q + 1); k++) most = Math.max(most, picture[q * side + k]!)
      data[y * columns + x] = most
    }
  }
  return { rows, columns, data }
}

/** How a picture looks: its scale, and how much of it is there. */
export interface Look {
  readonly ramp: Ramp
  /** The share at the ramp's end. */
  readonly full: number
  /** Of each row of pixels from the top, 0 to 1. */
  readonly opacity: (row: number) => number
}

/** A fitted picture as pixels, [rows, columns, RGBA]; nothing is painted above the diagonal. */
export function paintPicture(cells: Cells, { ramp, full, opacity }: Look): Uint8ClampedArray<ArrayBuffer> {
  const out = paint(cells, ramp, { signed: false, most: full })
  for (const [i, value] of cells.data.entries())
    out[4 * i + 3] = value === NOTHING ? 0 : Math.round(255 * opacity(Math.floor(i / cells.columns)))
  return out
}

/** The largest cell beyond the first column, on which many heads rest. */
export interface Strongest {
  readonly share: number
  /** Positions [first, last] that the cell covers. */
  readonly queries: readonly [number, number]
  readonly keys: readonly [number, number]
}

/** Undefined where the first column is all that there is. */
export function strongestOf(picture: Float32Array, { side, block, time }: Pictures): Strongest | undefined {
  let at = -1
  for (let q = 1; q < side; q++)
    for (let k = 1; k <= q; k++) if (at < 0 || picture[q * side + k]! > picture[at]!) at = q * side + k
  if (at < 0) return undefined
  const span = (cell: number): readonly [number, number] => [cell * block, Math.min(time, (cell + 1) * block) - 1]
  return { share: picture[at]!, queries: span(Math.floor(at / side)), keys: span(at % side) }
}

/** What the first column holds. */
export const firstWords = ({ block }: Pick<Pictures, 'block'>): string =>
  block === 1 ? 'the first token' : `the first ${block} tokens`

/** What a point of a picture is. */
export const pointWords = (time: number): string => {
  const block = Math.ceil(time / PICTURE_SIDE)
  return block > 1 ? `; each point is the largest of ${block} × ${block} entries` : ''
}

export const spanWords = ([first, last]: readonly [number, number]): string =>
  first === last ? String(first) : `${first}–${last}`
