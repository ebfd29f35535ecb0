import type { Grid } from '../words/grid.ts'
import { caption, heading, labelWidth, numbersOf, type Panel, type PanelOptions, shown } from './panel.ts'
import { placePoints } from './place-points.ts'
import { element, line, SIZE, text, widthOf } from './svg.ts'

const PLOT = { width: 420, height: 320 }
const RADIUS = 3

/** Two grids [layer, head] of the same model as points, one for each head: the first across, the second upwards. */
export function pointsPanel(first: Grid, second: Grid, { theme }: PanelOptions): Panel {
  const [a, b] = [numbersOf(first), numbersOf(second)]
  const heads = a.shape.at(-1) ?? 1
  const names = Array.from(a.values, (_, i) => `${Math.floor(i / heads)}.${i % heads}`)
  const placed = placePoints(a, b, { ...PLOT, names, letter: widthOf('0', SIZE.label) })
  const left = 12 + placed.y.reduce((w, t) => Math.max(w, labelWidth(shown(t.value))), 16)
  const head = heading({ ...second, metric: `${second.metric}, against ${first.metric}` }, left + PLOT.width, theme)
  const top = head.height + 24
  const small = { 'font-size': SIZE.label, fill: theme.muted }
  const rules = [
    ...placed.y.map(
      t =>
        line(left, top + t.at, left + PLOT.width, top + t.at, t.value === 0 ? theme.muted : theme.rule) +
        text(left - 8, top + t.at + 4, shown(t.value), { ...small, 'text-anchor': 'end' }),
    ),
    ...placed.x.map(
      t =>
        line(left + t.at, top, left + t.at, top + PLOT.height, t.value === 0 ? theme.muted : theme.rule) +
        text(left + t.at, top + PLOT.height + 16, shown(t.value), { ...small, 'text-anchor': 'middle' }),
    ),
  ]
  const marks = placed.points.map(
    ({ x, y, across, up }) =>
      (across ? line(left + across[0], top + y, left + across[1], top + y, theme.band) : '') +
      (up ? line(left + x, top + up[0], left + x, top + up[1], theme.band) : '') +
      element('circle', { cx: left + x, cy: top + y, r: RADIUS, fill: theme.line }),
  )
  const named = placed.labels.map(({ i, x, y, ends }) =>
    text(left + x, top + y, names[i]!, {
      'font-size': SIZE.label,
      fill: theme.ink,
      ...(ends ? { 'text-anchor': 'end' } : {}),
    }),
  )
  const bottom = top + PLOT.height + 36
  return {
    width: left + PLOT.width + 16,
    height: bottom + 20,
    anchor: top,
    body: [
      head.body,
      text(0, top - 12, caption(second), small),
      ...rules,
      ...marks,
      ...named,
      text(left + PLOT.width, bottom, caption(first), { ...small, 'text-anchor': 'end' }),
      text(left, bottom + 18, 'points are heads; lines are 95% intervals', small),
    ].join('\n'),
  }
}
