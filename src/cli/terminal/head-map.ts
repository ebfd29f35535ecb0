import { colorOf, type Scale, tenths } from './scale.ts'
import { bold, dim, onColor, type Style } from './style.ts'
import { padEnd, padStart, widthOf } from './text.ts'

/** Numbers over all heads of a model, row-major [layer, head]. */
export interface HeadMap {
  readonly title: string
  readonly values: ArrayLike<number>
  readonly scale: Scale
}

/** How many layers and heads the maps have, and how many query heads share one kv head. */
export interface HeadShape {
  readonly layers: number
  readonly heads: number
  readonly perGroup: number
}

const LABEL = 5
const BETWEEN_MAPS = 3
const CELL = 2
const WIDE_CELL = 3

/** Columns of one row of cells, a gap between kv groups included. */
const rowWidth = (heads: number, { perGroup }: HeadShape, cell: number): number =>
  heads * cell + (perGroup > 1 ? Math.ceil(heads / perGroup) - 1 : 0)

/** A cell's text: tenths of the scale, with a sign where it has one; `·` below one tenth, blank where not measured. */
export function cellText(
  { values, scale }: Pick<HeadMap, 'values' | 'scale'>,
  at: number,
  width: number,
  style: Style,
): string {
  const value = values[at]!
  if (Number.isNaN(value)) return ' '.repeat(width)
  const digit = tenths(scale, value)
  const sign = value < 0 ? '−' : scale.signed && width === WIDE_CELL ? '+' : ' '
  const text = padStart(digit === 0 ? '·' : `${scale.signed ? sign : ''}${digit}`, width)
  if (digit === 0) return dim(style, text)
  return onColor(style, colorOf(scale, value, style), text)
}

/** One text a row of cells, with wider steps between kv groups. */
function row(from: number, to: number, perGroup: number, cell: (head: number) => string): string {
  let text = ''
  for (let head = from; head < to; head++)
    text += `${perGroup > 1 && head > from && head % perGroup === 0 ? ' ' : ''}${cell(head)}`
  return text
}

/** The numbers of the heads over the last column of their cells; every second one where they would touch. */
function headNumbers(from: number, to: number, perGroup: number, cell: number): string {
  const sparse = cell === CELL && to > 10
  let text = ''
  for (let head = from; head < to; head++) {
    if (sparse && head % 2 === 1) continue
    const end = row(from, head + 1, perGroup, () => ' '.repeat(cell)).length
    text = `${text.padEnd(end - String(head).length)}${head}`
  }
  return text
}

/** The numbers of the kv groups over the first of their heads. */
function groupNumbers(from: number, to: number, perGroup: number, cell: number): string {
  const width = perGroup * cell + 1
  const names = Array.from({ length: Math.ceil((to - from) / perGroup) }, (_, g) => from / perGroup + g)
  const long = names.every(g => ` kv ${g}`.length + cell - 1 <= width)
  return names.map(g => padEnd(`${' '.repeat(cell - 1)}${long ? 'kv ' : ''}${g}`, width)).join('')
}

/** How many heads stand in one block: all, or as many whole groups as the width takes. */
function blockOf(shape: HeadShape, columns: number): number {
  let heads = shape.heads
  while (heads > shape.perGroup && LABEL + rowWidth(heads, shape, CELL) > columns)
    heads = Math.max(shape.perGroup, Math.ceil(heads / shape.perGroup / 2) * shape.perGroup)
  return heads
}

/** How wide a cell is, and how far the maps of one line stand apart. */
interface Layout {
  readonly cell: number
  readonly pitch: number
}

/** Maps of one model, layers down and heads across, side by side as far as the width takes them. */
export function drawHeadMaps(maps: readonly HeadMap[], shape: HeadShape, style: Style): string {
  const block = blockOf(shape, style.columns)
  const room = style.columns - LABEL
  const cell = maps.length === 1 && rowWidth(block, shape, WIDE_CELL) <= room ? WIDE_CELL : CELL
  const title = 1 + Math.max(...maps.map(m => widthOf(m.title)))
  const width = Math.max(rowWidth(block, shape, cell), title)
  const pitch = Math.max(rowWidth(block, shape, cell) + BETWEEN_MAPS, title + 1)
  const abreast = Math.max(1, Math.floor((room + pitch - width) / pitch))
  const parts: string[] = []
  for (let first = 0; first < maps.length; first += abreast)
    for (let from = 0; from < shape.heads; from += block) {
      const to = Math.min(shape.heads, from + block)
      parts.push(drawLine(maps.slice(first, first + abreast), shape, { from, to }, { cell, pitch }, style))
    }
  return parts.join('\n\n')
}

/** The heads from `from` to `to` of maps that stand beside each other. */
function drawLine(
  maps: readonly HeadMap[],
  { layers, heads, perGroup }: HeadShape,
  { from, to }: { from: number; to: number },
  { cell, pitch }: Layout,
  style: Style,
): string {
  const across = (label: string, text: (map: HeadMap) => string): string =>
    (padEnd(label, LABEL) + maps.map(m => padEnd(text(m), pitch)).join('')).trimEnd()
  const titles = across('', m => ` ${m.title}`)
  const groups = across('', () => groupNumbers(from, to, perGroup, cell))
  const numbers = across('head', () => headNumbers(from, to, perGroup, cell))
  const cells = (layer: number) => (m: HeadMap) =>
    row(from, to, perGroup, head => cellText(m, layer * heads + head, cell, style))
  const rows = Array.from({ length: layers }, (_, layer) => across(padStart(String(layer), LABEL - 1), cells(layer)))
  return [bold(style, titles), ...(perGroup > 1 ? [dim(style, groups)] : []), dim(style, numbers), ...rows].join('\n')
}

/** What the cells of the maps mean: tenths of each map's largest value, which its title states. */
export function legend(scales: readonly Scale[], style: Style): string {
  const swatch = (scale: Scale, tenth: number): string => {
    const value = (scale.max * tenth) / 10
    const sign = !scale.signed ? '' : tenth < 0 ? '−' : '+'
    return onColor(style, colorOf(scale, value, style), ` ${sign}${Math.abs(tenth)} `)
  }
  const zero = dim(style, ' · ')
  const plain = scales.find(s => !s.signed)
  const signed = scales.find(s => s.signed)
  const ramps = [
    ...(plain ? [zero + [1, 3, 5, 7, 9].map(t => swatch(plain, t)).join('')] : []),
    ...(signed
      ? [[-9, -5].map(t => swatch(signed, t)).join('') + zero + [5, 9].map(t => swatch(signed, t)).join('')]
      : []),
  ]
  return `${ramps.join('  ')}  tenths of the largest, · below one`
}
