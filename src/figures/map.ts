import type { Grid } from '../words/grid.ts'
import { columnsOf } from './columns.ts'
import { cross, dotRadius, mapLegend } from './legend.ts'
import {
  heading,
  LEAST_WIDTH,
  labelWidth,
  type Numbers,
  numbersOf,
  type Panel,
  type PanelOptions,
  unclear,
} from './panel.ts'
import { type ColourScale, colourScale } from './scale.ts'
import { element, label, MONO, rect, SIZE, text, tokenLabel } from './svg.ts'

/** From this cell size on, cells stand apart and their values are written into them. */
const APART = 6
const LEGIBLE = 28
/** Smaller shares of the largest value are not written: the colour says that they are small. */
const WORTH_WRITING = 0.1

/**
 * Two axes as a map, the first down and the second across: [layer, head], [layer, position] and their like. Colour is
 * the value; a cell whose interval holds 0 shrinks to a dot.
 */
export function mapPanel(grid: Grid, o: PanelOptions): Panel {
  const { theme } = o
  const numbers = numbersOf(grid)
  const [rows = 0] = numbers.shape
  const scale = colourScale(grid, numbers.values, o)
  const columns = columnsOf(grid, numbers.shape[1] ?? 0, strongest(numbers, scale), o)
  // A pattern has tokens on both sides, and nothing where a key comes after its query.
  const pattern = grid.axes[0]!.name === 'query' && grid.axes[1]!.name === 'key'
  const rowLabels =
    grid.axes[0]?.labels?.map(l => (pattern ? tokenLabel(l) : label(l, 24))) ??
    Array.from({ length: rows }, (_, i) => String(i))
  const side = 24 + rowLabels.reduce((w, l) => Math.max(w, labelWidth(l)), 12)
  const left = Math.max(side, 8 + labelWidth(grid.axes[1]!.name))
  const height = columns.square || pattern ? columns.cell : Math.max(10, Math.min(20, Math.floor(360 / rows)))
  const width = Math.max(LEAST_WIDTH, left + columns.width)
  const head = heading(grid, width, theme)
  const top = head.height + columns.above
  const small = { 'font-size': SIZE.label, fill: theme.muted }

  const every = Math.ceil(12 / height)
  const names = rowLabels.map((words, r) =>
    r % every === 0
      ? text(left - 8, top + r * height + height / 2 + 4, words, {
          ...small,
          'text-anchor': 'end',
          ...(pattern && { 'font-family': MONO, fill: theme.ink }),
        })
      : '',
  )
  const middle = top + (rows * height) / 2
  const down = text(10, middle, grid.axes[0]!.name, {
    ...small,
    'text-anchor': 'middle',
    transform: `rotate(-90 10 ${Math.round(middle)})`,
  })
  const grounds = (pattern ? [] : columns.blocks).map(b =>
    rect(left + b.from, top, b.to - b.from, rows * height, theme.rule),
  )
  const cells = numbers.values.reduce((all, value, i) => {
    if (pattern && Number.isNaN(value)) return all
    const row = Math.floor(i / columns.at.length)
    const x = left + columns.at[i % columns.at.length]!
    const y = top + row * height
    // An edge that is cut has no place on the scale.
    if (pattern && value === Number.NEGATIVE_INFINITY) return all + cross(x, y, columns.cell, height, theme)
    return all + cell(numbers, i, { x, y, width: columns.cell, height }, scale, o)
  }, '')
  const legend = mapLegend(
    grid,
    scale,
    {
      dots: numbers.values.some((_, i) => unclear(numbers, i)),
      missing: !pattern && numbers.values.some(Number.isNaN),
      cut: pattern && numbers.values.includes(Number.NEGATIVE_INFINITY),
    },
    theme,
  )
  const bottom = top + rows * height + columns.below
  return {
    width: Math.max(width, left + columns.width + columns.beyond, left + legend.width),
    height: bottom + 12 + legend.height,
    anchor: top,
    body: [
      head.body,
      element('g', { transform: `translate(${Math.round(left)} ${Math.round(top)})` }, columns.body(rows * height)),
      down,
      ...names,
      ...grounds,
      cells,
      element('g', { transform: `translate(${Math.round(left)} ${Math.round(bottom + 12)})` }, legend.body),
    ].join('\n'),
  }
}

/** The largest share of the scale that each column reaches where its interval does not hold 0. */
function strongest(numbers: Numbers, scale: ColourScale): (column: number) => number {
  const count = numbers.shape[1] ?? 0
  const most = new Float64Array(count)
  for (const [i, value] of numbers.values.entries())
    if (!Number.isNaN(value) && !unclear(numbers, i))
      most[i % count] = Math.max(most[i % count]!, Math.abs(scale.share(value)))
  return column => most[column]!
}

interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

function cell(numbers: Numbers, i: number, box: Box, scale: ColourScale, { theme }: PanelOptions): string {
  const value = numbers.values[i]!
  const gap = Math.min(box.width, box.height) >= APART ? 1 : 0
  const { x, y } = box
  const [width, height] = [box.width - gap, box.height - gap]
  if (Number.isNaN(value)) return rect(x, y, width, height, theme.paper) + cross(x, y, width, height, theme)
  const fill = scale.colour(value)
  if (unclear(numbers, i)) {
    const r = dotRadius(width, height)
    const dot = element('circle', {
      cx: x + width / 2,
      cy: y + height / 2,
      r,
      fill,
      stroke: theme.faint,
    })
    return rect(x, y, width, height, theme.paper) + dot
  }
  const share = scale.share(value)
  const written = Math.abs(share) >= WORTH_WRITING ? inCell(value) : ''
  if (box.width < LEGIBLE || box.height < LEGIBLE || written.length > 5 || written === '')
    return rect(x, y, width, height, fill)
  const look = { 'font-size': SIZE.cell, fill: theme.on(share, scale.signed), 'text-anchor': 'middle' }
  return rect(x, y, width, height, fill) + text(x + width / 2, y + height / 2 + 3, written, look)
}

const twoDigits = new Intl.NumberFormat('en-US', {
  minimumSignificantDigits: 2,
  maximumSignificantDigits: 2,
  useGrouping: false,
})
/** Two digits that count, without the 0 before a decimal point: there is little room. */
const inCell = (value: number): string =>
  Number.isFinite(value)
    ? twoDigits
        .format(value)
        .replace(/^(-?)0\./, '$1.')
        .replace('-', '−')
    : ''
