import { gridValues } from '../results/grid.ts'
import type { Grid } from '../words/grid.ts'
import { drawHeadMaps, type HeadMap, type HeadShape, legend } from './terminal/head-map.ts'
import { type Scale, scaleOf } from './terminal/scale.ts'
import { bold, type Style } from './terminal/style.ts'
import { padEnd, widthOf, wrap } from './terminal/text.ts'
import { number, signed } from './terminal/units.ts'

/** A head map with the name that it is shown under. */
export interface NamedGrid {
  readonly name: string
  readonly grid: Grid
  /** Whether the numbers are differences, which have a sign. */
  readonly signed: boolean
}

interface Drawn extends NamedGrid {
  readonly data: Float64Array
  readonly scale: Scale
}

const prepare = (named: NamedGrid): Drawn => {
  const { data } = gridValues(named.grid)
  return { ...named, data, scale: scaleOf(data, named.signed) }
}

const mapOf = ({ name, data, scale }: Drawn): HeadMap => ({
  title: `${name} ${scale.signed ? '±' : '≤'}${number(scale.max)}`,
  values: data,
  scale,
})

/** How the heads of a model are counted and shared. */
export const headShape = ({ layers, heads, groups }: { layers: number; heads: number; groups: number }): HeadShape => ({
  layers,
  heads,
  perGroup: heads / groups,
})

/** Maps of one model, as many beside each other as there is room for, with the legend of their digits. */
export function mapsView(grids: readonly NamedGrid[], shape: HeadShape, style: Style): string {
  const drawn = grids.map(prepare)
  return `${drawHeadMaps(drawn.map(mapOf), shape, style)}\n\n${legend(
    drawn.map(d => d.scale),
    style,
  )}`
}

const ends = (grid: Grid, side: 'low' | 'high'): Float64Array | undefined => {
  const cells = grid[side]
  return cells && gridValues({ ...grid, values: cells }).data
}

/** The heads with the largest absolute values, each with its interval where there is one. */
function strongest({ grid, data, scale }: Drawn, heads: number, most: number): string[] {
  const [low, high] = [ends(grid, 'low'), ends(grid, 'high')]
  const show = scale.signed ? signed : number
  return Array.from(data.keys())
    .filter(i => Number.isFinite(data[i]))
    .sort((a, b) => Math.abs(data[b]!) - Math.abs(data[a]!))
    .slice(0, most)
    .map(i => {
      const interval = low && high && Number.isFinite(low[i]) ? ` [${show(low[i]!)}, ${show(high[i]!)}]` : ''
      return `${Math.floor(i / heads)}.${i % heads} ${show(data[i]!)}${interval}`
    })
}

/** For each map what its numbers are, over how many prompts, and its strongest heads (in brackets: 95% interval). */
export function summary(grids: readonly NamedGrid[], heads: number, most: number, style: Style): string {
  return grids
    .map(prepare)
    .map(drawn => {
      const { name, grid } = drawn
      const n = typeof grid.n === 'number' ? ` (n = ${grid.n})` : ''
      const text = `${wrap(`${name}: ${grid.metric}${n}`, style.columns, '  ')}`.slice(2 + name.length)
      return `  ${bold(style, name)}${text}\n${columnsOf(strongest(drawn, heads, most), style)}`
    })
    .join('\n')
}

/** Short texts in columns of equal width, as many as there is room for. */
function columnsOf(texts: readonly string[], style: Style): string {
  const width = Math.max(0, ...texts.map(widthOf)) + 2
  const abreast = Math.max(1, Math.floor((style.columns - 2) / width))
  const lines: string[] = []
  for (let i = 0; i < texts.length; i += abreast)
    lines.push(
      `    ${texts
        .slice(i, i + abreast)
        .map(t => padEnd(t, width))
        .join('')}`.trimEnd(),
    )
  return lines.join('\n')
}
