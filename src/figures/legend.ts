import type { Grid } from '../words/grid.ts'
import type { Theme } from './colour.ts'
import { caption, labelWidth, type Numbers, type Panel, shown, unclear } from './panel.ts'
import type { ColourScale } from './scale.ts'
import { element, line, rect, SIZE, text } from './svg.ts'

const BAR = { width: 200, height: 8, step: 4 }
const LINE = 16

/** What a map's marks mean beyond their colour. */
export interface Marks {
  /** Whether there are values whose interval holds 0. */
  readonly dots: boolean
  /** Whether there are cells that were not measured. */
  readonly missing: boolean
  /** Whether there are edges that are cut. */
  readonly cut: boolean
}

/** The colour scale with its ends, unit and n, and the marks that occur. */
export function mapLegend(grid: Grid, scale: ColourScale, { dots, missing, cut }: Marks, theme: Theme): Panel {
  const { signed, max } = scale
  const small = { 'font-size': SIZE.label, fill: theme.muted }
  const steps = BAR.width / BAR.step
  const least = signed ? -max : 0
  const value = (i: number): number => least + ((i + 0.5) / steps) * (max - least)
  const bar = Array.from({ length: steps }, (_, i) =>
    rect(i * BAR.step, 0, BAR.step, BAR.height, scale.colour(value(i))),
  )
  const ends: readonly (readonly [number, 'start' | 'middle' | 'end', string])[] = [
    [0, 'start', signed ? shown(-max) : '0'],
    [BAR.width / 2, 'middle', signed ? '0' : shown(max / 2)],
    [BAR.width, 'end', `${signed ? '+' : ''}${shown(max)}`],
  ]
  const keys: string[] = []
  let y = BAR.height + 2 * LINE
  const key = (mark: string, words: string): void => {
    y += LINE
    keys.push(mark, text(14, y, words, small))
  }
  if (dots)
    key(
      element('circle', { cx: 4, cy: y + LINE - 4, r: 3, fill: theme.paper, stroke: theme.faint }),
      '95% interval holds 0',
    )
  if (missing) key(cross(0, y + LINE - 8, 8, 8, theme), 'not measured')
  if (cut) key(cross(0, y + LINE - 8, 8, 8, theme), 'knocked out, −∞')
  const body = [
    // Next to the paper a pale end would have no edge.
    ...bar,
    element('rect', { x: 0, y: 0, width: BAR.width, height: BAR.height, fill: 'none', stroke: theme.rule }),
    ...ends.map(([x, anchor, words]) => text(x, BAR.height + 12, words, { ...small, 'text-anchor': anchor })),
    text(0, BAR.height + 2 * LINE - 4, caption(grid), { ...small, fill: theme.ink }),
    ...keys,
  ].join('')
  return { width: Math.max(BAR.width, labelWidth(caption(grid))), height: y, anchor: 0, body }
}

/** The mark of a cell without a value. */
export const cross = (x: number, y: number, width: number, height: number, { muted }: Theme): string => {
  const half = Math.min(width, height, 8) / 4
  const [cx, cy] = [x + width / 2, y + height / 2]
  return (
    line(cx - half, cy - half, cx + half, cy + half, muted) + line(cx - half, cy + half, cx + half, cy - half, muted)
  )
}

/** Of the dot that a cell shrinks to. */
export const dotRadius = (width: number, height: number): number => Math.max(1, 0.12 * Math.min(width, height))

/** A filled point, or a ring where the interval holds 0; nothing where there is no number. */
export const dot = (cx: number, cy: number, ring: boolean, { line: stroke, paper }: Theme): string =>
  Number.isFinite(cy)
    ? element('circle', { cx, cy, r: 3, fill: ring ? paper : stroke, stroke, 'stroke-width': 1.5 })
    : ''

/** What points, bands and rings are, with unit and n. */
export function seriesLegend(
  grid: Grid,
  numbers: Numbers,
  { points, joined }: { readonly points: boolean; readonly joined: boolean },
  theme: Theme,
): Panel {
  const small = { 'font-size': SIZE.label, fill: theme.muted }
  const rings = points && numbers.values.some((_, i) => unclear(numbers, i))
  const keys: readonly (readonly [mark: string, words: string])[] = [
    [(joined ? line(0, 0, 16, 0, theme.line) : '') + (points ? dot(8, 0, false, theme) : ''), 'value'],
    ...(numbers.low ? [[rect(0, -5, 16, 10, theme.band), '95% interval'] as const] : []),
    ...(rings ? [[dot(8, 0, true, theme), 'interval holds 0'] as const] : []),
  ]
  let x = 0
  const marks = keys.map(([mark, words]) => {
    const from = x
    x += 22 + labelWidth(words) + 20
    return element('g', { transform: `translate(${Math.round(from)} 24)` }, mark + text(22, 4, words, small))
  })
  return {
    width: x,
    height: 32,
    anchor: 0,
    body: text(0, 8, caption(grid), { ...small, fill: theme.ink }) + marks.join(''),
  }
}
