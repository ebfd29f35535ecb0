import { gridValues } from '../results/grid.ts'
import type { Grid } from '../words/grid.ts'
import { drawCurve } from './terminal/curve.ts'
import { legend } from './terminal/head-map.ts'
import { drawPositionMap } from './terminal/position-map.ts'
import { scaleOf } from './terminal/scale.ts'
import { bold, type Style } from './terminal/style.ts'
import { wrap } from './terminal/text.ts'
import { number } from './terminal/units.ts'

/** The cells of a part that has one for each value, row-major. */
export const cellsOf = (grid: Grid, part: 'low' | 'high' | 'n' | 'p' | 'q'): Float64Array | undefined => {
  const cells = grid[part]
  return Array.isArray(cells) ? gridValues({ ...grid, values: cells }).data : undefined
}

/** A value of the metric whose changes a grid holds, with the metric's name. */
export const measured = (grid: Grid, value: number): string =>
  `${grid.metric.split(',')[0]!.replace('logit_diff', 'logit difference')} ${value.toFixed(4).replace('-', '−')}`

/** What a grid's numbers are, and over how many prompts. */
export const about = (name: string, grid: Grid, style: Style): string => {
  const n = typeof grid.n === 'number' ? ` (n = ${grid.n})` : ''
  return `${bold(style, name)}${wrap(`${name}: ${grid.metric}${n}`, style.columns).slice(name.length)}`
}

/** A grid over one axis as a curve. */
export function curveView(name: string, grid: Grid, style: Style): string {
  const { data } = gridValues(grid)
  const [axis] = grid.axes
  const labels = axis?.labels ?? Array.from(data, (_, i) => `${axis?.name} ${i}`)
  const [low, high] = [cellsOf(grid, 'low'), cellsOf(grid, 'high')]
  return `${about(name, grid, style)}\n${drawCurve({ labels, values: data, low, high }, style)}`
}

/** A grid [layer, position] as a map, tokens down and layers across. */
export function positionView(name: string, grid: Grid, style: Style): string {
  const {
    data,
    shape: [layers = 0, positions = 0],
  } = gridValues(grid)
  const scale = scaleOf(data, true)
  const map = drawPositionMap(
    { title: `${name} ±${number(scale.max)}`, values: data, scale, layers, positions, labels: grid.axes[1]?.labels },
    style,
  )
  return `${map}\n\n${legend([scale], style)}\n\n${about(name, grid, style)}`
}
