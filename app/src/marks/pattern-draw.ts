import { luminance, type Rgb, type Theme } from './colour.ts'
import { digits } from './number.ts'
import type { Cells } from './pattern-cells.ts'
import { type Frame, levelFor, type Place, placesIn, TILE, tickStep, topLevel, type View } from './pattern-view.ts'
import { diverging, type Scale, sequential, share } from './scale.ts'
import { EVEN } from './tint.ts'

/** The colours of an even row of values over a scale; of a signed one 0 is in the middle. */
export type Ramp = readonly Rgb[]
const RAMP = 257
export const rampOf = ({ signed }: Scale, theme: Theme): Ramp =>
  Array.from({ length: RAMP }, (_, i) => {
    const t = i / (RAMP - 1)
    return signed ? diverging(2 * t - 1, theme) : sequential(t, theme)
  })

/** A value as a step of the ramp. */
function stepOf(value: number, scale: Scale): number {
  const t = share(value, scale)
  return Math.round((scale.signed ? (t + 1) / 2 : t) * (RAMP - 1))
}

/** What is drawn beside the tiles, in the page's colours of the theme. */
export interface Ink {
  readonly ink: string
  readonly soft: string
  readonly rule: string
  readonly accent: string
}

export interface Drawing {
  readonly view: View
  readonly frame: Frame
  /** Screen pixels per pixel. */
  readonly ratio: number
  /** Room for the axes at the left and the top, in pixels. */
  readonly margin: { readonly left: number; readonly top: number }
  readonly scale: Scale
  readonly ramp: Ramp
  readonly ink: Ink
  readonly leaveFirst: boolean
  readonly label: ((position: number) => string) | undefined
  readonly queries: readonly number[]
  /** Whether these are keys: what attends to them is shown. */
  readonly incoming: boolean
  readonly cursor: { readonly query: number; readonly key: number } | undefined
  /** Edges that are knocked out. */
  readonly out: readonly { readonly query: number; readonly key: number }[]
  readonly tiles: { get(place: Place): Cells | undefined; peek(place: Place): Cells | undefined; look(): void }
  /** A tile as an image in the ramp. */
  readonly image: (cells: Cells) => CanvasImageSource
}

/** A tile's pixels, [rows, columns, RGBA]; clear where there is no number, or −∞. */
export function paint({ data }: Cells, ramp: Ramp, scale: Scale): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(4 * data.length)
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i]!)) continue
    const [r, g, b] = ramp[stepOf(data[i]!, scale)]!
    out[4 * i] = r
    out[4 * i + 1] = g
    out[4 * i + 2] = b
    out[4 * i + 3] = 255
  }
  return out
}

/** What marks and labels at the edge may take to the right of the matrix and below it. */
export const BEYOND = 4
/** Labels of tokens need this many pixels a row; numbers in cells that many. */
const LABELLED = 11
const NUMBERED = 30

export function drawPattern(c: CanvasRenderingContext2D, d: Drawing): void {
  const { view, frame, margin } = d
  c.setTransform(d.ratio, 0, 0, d.ratio, 0, 0)
  c.clearRect(0, 0, margin.left + frame.size + BEYOND, margin.top + frame.size + BEYOND)
  c.save()
  c.translate(margin.left, margin.top)
  c.beginPath()
  c.rect(0, 0, frame.size, frame.size)
  c.clip()
  c.save()
  belowDiagonal(c, d)
  c.clip()
  drawTiles(c, d)
  if (d.leaveFirst) hatchFirst(c, d)
  c.restore()
  c.strokeStyle = d.ink.rule
  c.lineWidth = 1
  belowDiagonal(c, d)
  c.stroke()
  if (view.scale >= NUMBERED) drawNumbers(c, d)
  drawMarks(c, d)
  c.restore()
  drawAxes(c, d)
}

function drawTiles(c: CanvasRenderingContext2D, d: Drawing): void {
  const { view, frame, tiles } = d
  const level = levelFor(view, d.ratio)
  c.imageSmoothingEnabled = false
  tiles.look()
  for (const place of placesIn(view, frame, level)) {
    const here = tiles.get(place) ?? tiles.peek(place)
    const side = TILE * 2 ** level
    const [x, y] = [(place.column * side - view.key) * view.scale, (place.row * side - view.query) * view.scale]
    if (here) {
      const cell = 2 ** level * view.scale
      c.drawImage(d.image(here), x, y, here.columns * cell, here.rows * cell)
    } else coarser(c, d, place, x, y, side * view.scale)
  }
}

/** A part of a coarser tile, until the tile itself is here. */
function coarser(c: CanvasRenderingContext2D, d: Drawing, place: Place, x: number, y: number, side: number): void {
  for (let up = 1; place.level + up <= topLevel(d.frame.time); up++) {
    const above = { level: place.level + up, row: place.row >> up, column: place.column >> up }
    const cells = d.tiles.peek(above)
    if (!cells) continue
    const part = TILE / 2 ** up
    const [sx, sy] = [(place.column % 2 ** up) * part, (place.row % 2 ** up) * part]
    const [w, h] = [Math.min(part, cells.columns - sx), Math.min(part, cells.rows - sy)]
    c.drawImage(d.image(cells), sx, sy, w, h, x, y, (side * w) / part, (side * h) / part)
    return
  }
}

function hatchFirst(c: CanvasRenderingContext2D, { view, frame, ramp, scale, ink }: Drawing): void {
  const width = (1 - view.key) * view.scale
  if (width <= 0) return
  const [r, g, b] = ramp[stepOf(0, scale)]!
  c.fillStyle = `rgb(${r} ${g} ${b})`
  c.fillRect(0, 0, width, frame.size)
  c.strokeStyle = ink.rule
  c.lineWidth = 1
  c.beginPath()
  for (let y = -width; y < frame.size; y += 6) {
    c.moveTo(0, y + width)
    c.lineTo(width, y)
  }
  c.stroke()
}

/** The path around the entries that exist: no query attends to what comes after it. */
function belowDiagonal(c: CanvasRenderingContext2D, { view, frame }: Drawing): void {
  const x = (key: number): number => (key - view.key) * view.scale
  const y = (query: number): number => (query - view.query) * view.scale
  c.beginPath()
  c.moveTo(x(0), y(0))
  if (view.scale < 3) c.lineTo(x(frame.time), y(frame.time))
  else {
    const [first, last] = [
      Math.floor(view.query),
      Math.ceil(Math.min(frame.time, view.query + frame.size / view.scale)),
    ]
    c.lineTo(x(first), y(first))
    for (let q = first; q < last; q++) {
      c.lineTo(x(q + 1), y(q))
      c.lineTo(x(q + 1), y(q + 1))
    }
    c.lineTo(x(last), y(frame.time))
  }
  c.lineTo(x(0), y(frame.time))
  c.closePath()
}

function drawNumbers(c: CanvasRenderingContext2D, d: Drawing): void {
  const { view, frame, tiles, ramp, scale } = d
  const n = view.scale >= 44 ? 3 : 2
  const text = (x: number): string => (scale.signed ? digits(x, n) : inCell(x, n))
  const on = (x: number): string => (luminance(ramp[stepOf(x, scale)]!) > EVEN ? 'black' : 'white')
  c.font = `${Math.min(12, view.scale / 3.2)}px ui-monospace, "DejaVu Sans Mono", monospace`
  c.textAlign = 'center'
  c.textBaseline = 'middle'
  for (const place of placesIn(view, frame, 0)) {
    const cells = tiles.peek(place)
    if (!cells) continue
    for (let r = 0; r < cells.rows; r++) {
      const q = place.row * TILE + r
      const y = (q + 0.5 - view.query) * view.scale
      if (y < -view.scale || y > frame.size + view.scale) continue
      for (let i = 0; i < cells.columns; i++) {
        const k = place.column * TILE + i
        const x = (k + 0.5 - view.key) * view.scale
        if (k > q || (d.leaveFirst && k === 0) || x < -view.scale || x > frame.size + view.scale) continue
        const value = cells.data[r * cells.columns + i]!
        c.fillStyle = Number.isFinite(value) ? on(value) : d.ink.ink
        c.fillText(text(value), x, y)
      }
    }
  }
}

/** A share in a narrow cell: `.934`, `1`; `.000` is what rounds to nothing, `0` what is nothing. */
export const inCell = (value: number, decimals: number): string =>
  value === 0
    ? '0'
    : value
        .toFixed(decimals)
        .replace(/^0/, '')
        .replace(/^1\.0+$/, '1')

function drawMarks(c: CanvasRenderingContext2D, { view, frame, queries, incoming, cursor, out, ink }: Drawing): void {
  const at = (i: number, from: number): number => (i - from) * view.scale
  c.lineWidth = 1
  c.strokeStyle = ink.accent
  c.fillStyle = ink.accent
  const [along, wide] = [frame.size + 4, Math.max(1, view.scale - 1)]
  for (const i of queries) {
    const from = at(i, incoming ? view.key : view.query)
    const middle = from + view.scale / 2 - 0.5
    if (view.scale >= 4 && incoming) c.strokeRect(from + 0.5, -2, wide, along)
    else if (view.scale >= 4) c.strokeRect(-2, from + 0.5, along, wide)
    else if (incoming) c.fillRect(middle, 0, 1, 6)
    else c.fillRect(0, middle, 6, 1)
  }
  c.strokeStyle = ink.ink
  for (const { query, key } of out) {
    const [x, y, s] = [at(key, view.key), at(query, view.query), Math.max(4, view.scale)]
    c.beginPath()
    c.moveTo(x, y)
    c.lineTo(x + s, y + s)
    c.moveTo(x + s, y)
    c.lineTo(x, y + s)
    c.stroke()
  }
  if (!cursor) return
  const side = Math.max(5, view.scale)
  const middle = (i: number, from: number): number => at(i + 0.5, from) - side / 2
  c.lineWidth = 2
  c.strokeRect(middle(cursor.key, view.key), middle(cursor.query, view.query), side, side)
}

function drawAxes(c: CanvasRenderingContext2D, d: Drawing): void {
  const { view, frame, margin, label, ink } = d
  const named = label && view.scale >= LABELLED
  c.font = named ? `11px ui-monospace, "DejaVu Sans Mono", monospace` : `11px system-ui, "DejaVu Sans", sans-serif`
  c.textBaseline = 'middle'
  c.textAlign = 'right'
  const step = named ? 1 : tickStep(view.scale, 40)
  const text = (i: number): string => (named ? label(i) : String(i))
  const inside = (from: number): number[] => {
    const first = Math.ceil(from / step) * step
    const count = Math.max(0, Math.floor((Math.min(frame.time - 1, from + frame.size / view.scale) - first) / step) + 1)
    return Array.from({ length: count }, (_, i) => first + i * step)
  }
  const pixel = (i: number, from: number): number => (i + 0.5 - from) * view.scale
  const seen = (p: number): boolean => p >= 4 && p <= frame.size - 4
  for (const q of inside(view.query)) {
    const y = pixel(q, view.query)
    if (!seen(y)) continue
    c.fillStyle = !d.incoming && d.queries.includes(q) ? ink.accent : q === d.cursor?.query ? ink.ink : ink.soft
    c.fillText(text(q), margin.left - 6, margin.top + y, margin.left - 8)
  }
  for (const k of inside(view.key)) {
    const x = pixel(k, view.key)
    if (!seen(x)) continue
    c.fillStyle = d.incoming && d.queries.includes(k) ? ink.accent : k === d.cursor?.key ? ink.ink : ink.soft
    if (!named) {
      c.textAlign = 'center'
      c.fillText(text(k), margin.left + x, margin.top - 8)
      continue
    }
    c.save()
    c.translate(margin.left + x, margin.top - 6)
    c.rotate(-Math.PI / 2)
    c.textAlign = 'left'
    c.fillText(text(k), 0, 0, margin.top - 8)
    c.restore()
  }
}
