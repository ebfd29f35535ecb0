import type { Grid } from '../words/grid.ts'
import type { Theme } from './colour.ts'
import { dot, seriesLegend } from './legend.ts'
import { heading, labelWidth, type Numbers, numbersOf, type Panel, type PanelOptions, shown, unclear } from './panel.ts'
import { ticks, valueAxis } from './scale.ts'
import { element, label, line, polyline, SIZE, text } from './svg.ts'
import { NO_UNIT, unitOf } from './unit.ts'

const PLOT = { width: 480, height: 240 }
/** More points than these are a line without dots. */
const DOTS = 60
/** Points that all get their own tick. */
const NAMED = 12
/** Sizes that span more than this factor stand on a logarithmic axis. */
const LOGARITHMIC = 50

/** One axis as a curve: values over steps or sizes, with the band of their intervals. */
export function curvePanel(grid: Grid, { theme }: PanelOptions): Panel {
  const numbers = numbersOf(grid)
  const { values, low = values, high = values } = numbers
  const y = valueAxis([...values, ...low, ...high])
  const x = xScale(grid.axes[0]!, values.length)
  const left = 16 + y.ticks.reduce((w, t) => Math.max(w, labelWidth(shown(t))), 16)
  const head = heading(grid, left + PLOT.width, theme)
  const top = head.height + 24
  const small = { 'font-size': SIZE.label, fill: theme.muted }
  const across = (i: number): number => left + 8 + x.at(i) * (PLOT.width - 16)
  const up = (value: number): number => top + PLOT.height * (1 - y.at(value))

  const rules = y.ticks.map(
    t =>
      line(left, up(t), left + PLOT.width, up(t), t === 0 ? theme.muted : theme.rule) +
      text(left - 8, up(t) + 4, shown(t), { ...small, 'text-anchor': 'end' }),
  )
  const names = x.ticks.map(({ i, words }) =>
    text(left + 8 + i * (PLOT.width - 16), top + PLOT.height + 16, words, { ...small, 'text-anchor': 'middle' }),
  )
  const bottom = top + PLOT.height + 36
  const axisName = [grid.axes[0]!.name, grid.axes[0]!.unit].filter(w => w !== undefined).join(', ')
  const points = values.length <= DOTS
  const legend = seriesLegend(grid, numbers, { points, joined: true }, theme)
  return {
    width: left + Math.max(PLOT.width, legend.width),
    height: bottom + 8 + legend.height,
    anchor: top,
    body: [
      head.body,
      text(0, top - 12, unitOf(grid) === NO_UNIT ? '' : unitOf(grid), small),
      ...rules,
      numbers.low ? band(numbers, across, up, theme) : '',
      element('path', {
        d: polyline(Array.from(values, (v, i) => [across(i), up(v)])),
        stroke: theme.line,
        'stroke-width': 2,
        fill: 'none',
        'stroke-linejoin': 'round',
      }),
      ...(points ? Array.from(values, (v, i) => dot(across(i), up(v), unclear(numbers, i), theme)) : []),
      ...names,
      text(left + PLOT.width / 2, bottom - 4, label(axisName, 60), { ...small, 'text-anchor': 'middle' }),
      element('g', { transform: `translate(${Math.round(left)} ${Math.round(bottom + 8)})` }, legend.body),
    ].join('\n'),
  }
}

/** The area between the ends of the intervals, in one piece for each run of points that have one. */
function band(
  { low, high }: Numbers,
  across: (i: number) => number,
  up: (v: number) => number,
  { band: fill }: Theme,
): string {
  const pieces: number[][] = []
  for (let i = 0; i < low!.length; i++) {
    if (!Number.isFinite(low![i]!) || !Number.isFinite(high![i]!)) continue
    if (pieces.at(-1)?.at(-1) === i - 1) pieces.at(-1)!.push(i)
    else pieces.push([i])
  }
  return pieces
    .map(piece => {
      // A single point has no area: its interval is a bar.
      const edge = (data: Float64Array, i: number): [number, number][] => {
        const half = piece.length === 1 ? 2 : 0
        return half
          ? [
              [across(i) - half, up(data[i]!)],
              [across(i) + half, up(data[i]!)],
            ]
          : [[across(i), up(data[i]!)]]
      }
      const there = piece.flatMap(i => edge(high!, i))
      const back = piece.flatMap(i => edge(low!, i)).reverse()
      return element('path', { d: `${polyline([...there, ...back])}Z`, fill })
    })
    .join('')
}

interface XScale {
  /** 0 at the left edge, 1 at the right. */
  at(i: number): number
  readonly ticks: readonly { readonly i: number; readonly words: string }[]
}

/** By the numbers that the labels are, where they rise; else one step a point. */
function xScale({ labels }: Grid['axes'][number], count: number): XScale {
  const words = labels ?? Array.from({ length: count }, (_, i) => String(i))
  const given = words.map(w => (w.trim() === '' ? Number.NaN : Number(w)))
  const rising = given.every((x, i) => Number.isFinite(x) && (i === 0 || x > given[i - 1]!))
  const raw = rising ? given : Array.from({ length: count }, (_, i) => i)
  const [first = 0, last = 1] = [raw[0], raw.at(-1)]
  const logarithmic = rising && labels !== undefined && first > 0 && last / first >= LOGARITHMIC
  const place = (x: number): number => {
    if (first === last) return 0.5
    return logarithmic ? Math.log(x / first) / Math.log(last / first) : (x - first) / (last - first)
  }
  const at = (i: number): number => place(raw[i]!)
  if (!rising || count <= NAMED) {
    const every = Math.ceil(count / NAMED)
    return { at, ticks: words.flatMap((w, i) => (i % every === 0 ? [{ i: at(i), words: label(w, 16) }] : [])) }
  }
  const round = logarithmic
    ? Array.from({ length: 40 }, (_, i) => 10 ** (i - 20)).filter(x => x >= first && x <= last)
    : ticks(first, last, 8)
  return { at, ticks: round.map(x => ({ i: place(x), words: shown(x) })) }
}
