import type { Grid } from '../words/grid.ts'
import { caption, heading, labelWidth, numbersOf, type Panel, type PanelOptions, shown } from './panel.ts'
import { valueAxis } from './scale.ts'
import { element, label, line, MONO, MONO_LETTER, rect, SIZE, text, tokenLabel, widthOf } from './svg.ts'

const WIDTH = 320
const ROW = 22

/**
 * Entries of the vocabulary as bars from 0. Two rows of them ([method, column]) are compared: the first as an outline,
 * the last filled.
 */
export function barsPanel(grid: Grid, { theme }: PanelOptions): Panel {
  const { values, shape } = numbersOf(grid)
  const axis = grid.axes.at(-1)!
  const count = shape.at(-1) ?? 0
  const compared = shape.length === 2 && shape[0]! > 1
  const last = values.subarray(values.length - count)
  const across = valueAxis([...values, 0])
  const names = Array.from({ length: count }, (_, i) => tokenLabel(axis.labels?.[i] ?? String(i), 16))
  const left = 12 + names.reduce((w, n) => Math.max(w, widthOf(n, SIZE.label, MONO_LETTER)), 24)
  const head = heading(grid, left + WIDTH + 56, theme)
  const top = head.height + 8
  const bottom = top + ROW * count
  const at = (value: number): number => left + across.at(value) * WIDTH
  const small = { 'font-size': SIZE.label, fill: theme.muted }
  const bar = (value: number) => ({ x: Math.min(at(0), at(value)), width: Math.max(1, Math.abs(at(value) - at(0))) })

  const rows = names.map((name, i) => {
    const y = top + ROW * i
    const ghost = compared
      ? element('rect', {
          ...bar(values[i]!),
          y: y + 3,
          height: ROW - 6,
          fill: 'none',
          stroke: theme.ink,
        })
      : ''
    const { x, width } = bar(last[i]!)
    const mono = { 'font-size': SIZE.label, 'font-family': MONO, fill: theme.ink, 'text-anchor': 'end' }
    return [
      text(left - 8, y + 15, name, mono),
      rect(x, y + (compared ? 6 : 3), width, ROW - (compared ? 12 : 6), theme.line),
      ghost,
      text(left + WIDTH + 8, y + 15, shown(last[i]!), { ...small, fill: theme.ink }),
    ].join('')
  })
  const rules = across.ticks.map(
    t =>
      line(at(t), top, at(t), bottom, t === 0 ? theme.muted : theme.rule) +
      text(at(t), bottom + 14, shown(t), { ...small, 'text-anchor': 'middle' }),
  )
  const methods = grid.axes[0]!.labels ?? []
  const key = compared
    ? element('rect', { x: 0.5, y: 8.5, width: 12, height: 8, fill: 'none', stroke: theme.ink }) +
      text(20, 17, label(methods[0] ?? '', 30), small) +
      rect(40 + labelWidth(methods[0] ?? ''), 9, 12, 8, theme.line) +
      text(60 + labelWidth(methods[0] ?? ''), 17, label(methods.at(-1) ?? '', 30), small)
    : ''
  return {
    width: left + WIDTH + 56,
    height: bottom + 36 + (compared ? 24 : 0),
    anchor: top,
    body: [
      head.body,
      ...rules,
      ...rows,
      text(left, bottom + 32, caption(grid), { ...small, fill: theme.ink }),
      element('g', { transform: `translate(${Math.round(left)} ${bottom + 36})` }, key),
    ].join('\n'),
  }
}
