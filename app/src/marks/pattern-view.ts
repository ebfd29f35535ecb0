/** The part of a square matrix that is shown: the query and key at the upper left, in tokens, and pixels per token. */
export interface View {
  readonly query: number
  readonly key: number
  readonly scale: number
}

/** A matrix of `time` tokens a side in a square of `size` pixels. */
export interface Frame {
  readonly time: number
  readonly size: number
}

/** A cell of the pattern. */
export interface Cell {
  readonly query: number
  readonly key: number
}

/** One tile of a level; a cell at level n is 2ⁿ × 2ⁿ entries. */
export interface Place {
  readonly level: number
  readonly row: number
  readonly column: number
}

/** Cells along the side of a tile. */
export const TILE = 256
/** Pixels of a token at the closest look: room for three digits. */
const CLOSEST = 56

const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(low, x), high)
const leastScale = ({ time, size }: Frame): number => size / Math.max(1, time)

/** Everything at once. */
export const whole = (frame: Frame): View => ({ query: 0, key: 0, scale: leastScale(frame) })

/** The view moved and scaled into what there is to see. */
export function clampView({ query, key, scale }: View, frame: Frame): View {
  const least = leastScale(frame)
  const to = clamp(scale, least, Math.max(least, CLOSEST))
  const last = Math.max(0, frame.time - frame.size / to)
  return { query: clamp(query, 0, last), key: clamp(key, 0, last), scale: to }
}

export const isWhole = ({ scale }: View, frame: Frame): boolean => scale <= leastScale(frame) * 1.0001

/** Closer or further by a factor; what lies under the pixel stays there. */
export function zoomAt(view: View, frame: Frame, x: number, y: number, factor: number): View {
  const { scale } = clampView({ ...view, scale: view.scale * factor }, frame)
  const [key, query] = [view.key + x / view.scale - x / scale, view.query + y / view.scale - y / scale]
  return clampView({ query, key, scale }, frame)
}

/** Dragged by so many pixels. */
export const panBy = (view: View, frame: Frame, dx: number, dy: number): View =>
  clampView({ ...view, key: view.key - dx / view.scale, query: view.query - dy / view.scale }, frame)

/** The same scale, moved no further than needed to have the cell inside. */
export function reveal(view: View, frame: Frame, { query, key }: Cell): View {
  const span = frame.size / view.scale
  const into = (from: number, at: number): number => clamp(from, at + 1 - span, at)
  return clampView({ ...view, query: into(view.query, query), key: into(view.key, key) }, frame)
}

/** The cell under a pixel; undefined outside of the matrix. */
export function cellAt({ query, key, scale }: View, { time }: Frame, x: number, y: number): Cell | undefined {
  const at = { query: Math.floor(query + y / scale), key: Math.floor(key + x / scale) }
  return Math.min(at.query, at.key) < 0 || Math.max(at.query, at.key) >= time ? undefined : at
}

/** The finest level of which a cell covers a pixel of the screen or more; `ratio` is screen pixels per pixel. */
export const levelFor = ({ scale }: View, ratio: number): number =>
  Math.max(0, Math.ceil(-Math.log2(scale * ratio) - 1e-9))

/** The level at which the whole matrix is one tile. */
export const topLevel = (time: number): number => Math.max(0, Math.ceil(Math.log2(time / TILE)))

/** Tiles of a level that the view shows. Those above the diagonal hold nothing. */
export function placesIn({ query, key, scale }: View, { time, size }: Frame, level: number): Place[] {
  const side = TILE * 2 ** level
  const last = Math.ceil(time / side) - 1
  const [top, left] = [Math.floor(query / side), Math.floor(key / side)]
  const end = (from: number): number => Math.min(last, Math.ceil((from + size / scale) / side) - 1)
  const places: Place[] = []
  for (let row = top; row <= end(query); row++)
    for (let column = left; column <= Math.min(row, end(key)); column++) places.push({ level, row, column })
  return places
}

/** Every how many tokens an axis has a tick so that labels of so many pixels stand apart: 1, 2, 5, 10, … */
export function tickStep(scale: number, room: number): number {
  const least = room / scale
  for (let power = 1; ; power *= 10) for (const m of [1, 2, 5]) if (m * power >= least) return m * power
}

/** The view as the address holds it: first query, first key and how many tokens it spans. */
export type Window = readonly [query: number, key: number, tokens: number]

export const windowOf = ({ query, key, scale }: View, { size }: Frame): Window => [
  Math.round(query),
  Math.round(key),
  Math.max(1, Math.round(size / scale)),
]
export const viewOf = ([query, key, tokens]: Window, frame: Frame): View =>
  clampView({ query, key, scale: frame.size / tokens }, frame)
