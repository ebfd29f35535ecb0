import type { Grid } from '../words/grid.ts'
import { seriesLegend } from './legend.ts'
import { heading, labelWidth, numbersOf, type Panel, type PanelOptions, shown, unclear } from './panel.ts'
import { valueAxis } from './scale.ts'
import { element, label, line, rect, SIZE, text } from './svg.ts'

const WIDTH = 320
const ROW = { least: 4, most: 20 }
/** Most height before rows move together. */
const HEIGHT = 800
const LETTERS = 40

/** One axis whose entries have no order (tasks, methods, sets of heads): a point and its interval for each. */
export function listPanel(grid: Grid, { theme }: PanelOptions): Panel {
  const numbers = numbersOf(grid)
  const { values, low, high } = numbers
  const axis = valueAxis([...values, ...(low ?? []), ...(high ?? []), 0])
  const names = Array.from(values, (_, i) => label(grid.axes[0]!.labels?.[i] ?? String(i), LETTERS))
  const left = 8 + names.reduce((w, n) => Math.max(w, labelWidth(n)), labelWidth(grid.axes[0]!.name))
  const head = heading(grid, left + WIDTH, theme)
  const top = head.height + 20
  const pitch = Math.max(ROW.least, Math.min(ROW.most, Math.floor(HEIGHT / Math.max(1, values.length))))
  const every = Math.ceil(14 / pitch)
  const bottom = top + pitch * values.length
  const at = (value: number): number => left + axis.at(value) * WIDTH
  const small = { 'font-size': SIZE.label, fill: theme.muted }
  const end = { ...small, 'text-anchor': 'end' }
  const radius = Math.min(4, pitch / 3)

  const rules = axis.ticks.map(
    t =>
      line(at(t), top, at(t), bottom, t === 0 ? theme.muted : theme.rule) +
      text(at(t), bottom + 16, shown(t), { ...small, 'text-anchor': 'middle' }),
  )
  const rows = Array.from(values, (value, i) => {
    const y = top + pitch * (i + 0.5)
    const name = i % every === 0 ? text(left - 8, y + 4, names[i]!, end) : ''
    if (!Number.isFinite(value)) return name
    const interval =
      low && Number.isFinite(low[i]) && Number.isFinite(high![i])
        ? rect(at(low[i]!), y - radius, at(high![i]!) - at(low[i]!), 2 * radius, theme.band)
        : ''
    const fill = unclear(numbers, i) ? theme.paper : theme.line
    return `${name}${interval}${element('circle', { cx: at(value), cy: y, r: radius, fill, stroke: theme.line })}`
  })
  const legend = seriesLegend(grid, numbers, { points: true, joined: false }, theme)
  return {
    width: left + Math.max(WIDTH, legend.width),
    height: bottom + 28 + legend.height,
    anchor: top,
    body: [
      head.body,
      text(left - 8, top - 6, grid.axes[0]!.name, end),
      ...rules,
      ...rows,
      element('g', { transform: `translate(${Math.round(left)} ${bottom + 28})` }, legend.body),
    ].join('\n'),
  }
}
