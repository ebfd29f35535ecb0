import type { Grid } from '../words/grid.ts'
import { columnsOf } from './columns.ts'
import { mapLegend } from './legend.ts'
import { heading, LEAST_WIDTH, labelWidth, numbersOf, type Panel, type PanelOptions } from './panel.ts'
import { type ColourScale, colourScale } from './scale.ts'
import { element, SIZE, text } from './svg.ts'

/** Colours of a picture: it is small, and cells of one colour are one path. */
const STEPS = 32
const INSIDE = 'In each picture queries go down, keys across.'

/**
 * The patterns of all heads as small pictures on one scale, [layer, head, query, key]: layers down, heads across, in each
 * picture queries down, keys across. A key after its query has no value, and nothing is drawn.
 */
export function picturesPanel(grid: Grid, o: PanelOptions): Panel {
  const { theme } = o
  const { shape, values } = numbersOf(grid)
  const [layers = 0, heads = 0, side = 0] = shape
  const scale = colourScale(grid, values, o)
  const columns = columnsOf(grid, heads, () => 0, o)
  const left = 36
  const head = heading(grid, Math.max(LEAST_WIDTH, left + columns.width), theme)
  const top = head.height + columns.above
  const small = { 'font-size': SIZE.label, fill: theme.muted }
  const size = columns.cell - 2
  const drawn: string[] = []
  for (let layer = 0; layer < layers; layer++) {
    const y = top + layer * columns.cell
    drawn.push(text(left - 8, y + size / 2 + 4, String(layer), { ...small, 'text-anchor': 'end' }))
    for (let h = 0; h < heads; h++) {
      const from = (layer * heads + h) * side * side
      const place = `translate(${left + columns.at[h]!} ${y}) scale(${(size / side).toPrecision(6)})`
      const cells = picture(values.subarray(from, from + side * side), side, scale)
      drawn.push(element('g', { transform: place, 'shape-rendering': 'crispEdges' }, cells))
    }
  }
  const bottom = top + layers * columns.cell
  const middle = Math.round((top + bottom) / 2)
  const legend = mapLegend(grid, scale, { dots: false, missing: false, cut: false }, theme)
  return {
    width: Math.max(LEAST_WIDTH, left + columns.width, left + legend.width, left + labelWidth(INSIDE)),
    height: bottom + 28 + legend.height,
    anchor: top,
    body: [
      head.body,
      element('g', { transform: `translate(${left} ${Math.round(top)})` }, columns.body(bottom - top)),
      text(10, middle, 'layer', { ...small, 'text-anchor': 'middle', transform: `rotate(-90 10 ${middle})` }),
      ...drawn,
      text(left, bottom + 14, INSIDE, small),
      element('g', { transform: `translate(${left} ${Math.round(bottom + 28)})` }, legend.body),
    ].join('\n'),
  }
}

/** One picture in units of its cells: a ground for all that exist, and a path for each stronger colour. */
function picture(values: Float64Array, side: number, scale: ColourScale): string {
  const paths = new Map<number, string>()
  const step = (i: number): number =>
    Number.isNaN(values[i]!) ? -1 : Math.round(scale.share(values[i]!) * (STEPS - 1))
  for (let q = 0; q < side; q++)
    for (let k = 0; k < side; ) {
      const colour = step(q * side + k)
      const start = k
      while (k < side && step(q * side + k) === colour) k++
      if (colour >= 0) paths.set(colour, `${paths.get(colour) ?? ''}M${start} ${q}h${k - start}v1h${start - k}z`)
    }
  return [...paths]
    .sort(([a], [b]) => a - b)
    .map(([colour, d]) => element('path', { d, fill: scale.colour((scale.max * colour) / (STEPS - 1)) }))
    .join('')
}
