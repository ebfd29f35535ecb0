import { gridShape } from '../results/grid.ts'
import { HeadwiseError } from '../words/error.ts'
import type { Grid } from '../words/grid.ts'
import { barsPanel } from './bars.ts'
import { type Theme, themes } from './colour.ts'
import { curvePanel } from './curve.ts'
import { embedSpecs } from './embed.ts'
import { listPanel } from './list.ts'
import { mapPanel } from './map.ts'
import type { Panel, PanelOptions } from './panel.ts'
import { picturesPanel } from './pictures.ts'
import { pointsPanel } from './points.ts'
import { element, escapeXml, label, SANS } from './svg.ts'
import { wordsPanel } from './words.ts'

export interface FigureOptions extends Omit<PanelOptions, 'theme'> {
  /** Default light. */
  readonly theme?: Theme['name'] | undefined
}

const MARGIN = 24
const BETWEEN = 40
/** Panels stand beside each other up to this width. */
const ROW = 1120

/**
 * A figure of a grid as the text of an SVG file, chosen by its axes: two are a map (the first down, the second across),
 * one is a curve, or a list where its entries have no order; keys or queries with their tokens are the text itself, entries of the
 * vocabulary bars. [layer, head, query, key] are the patterns of all heads as small pictures. Several grids stand beside each other. The specs are inside (`specOfFigure` reads them back). Texts
 * of the grid are shown escaped; the file holds no script, no link and no image. Throws `figure-axes` for more axes.
 */
export function gridFigure(grids: Grid | readonly Grid[], { theme = 'light', ...o }: FigureOptions = {}): string {
  const all: readonly Grid[] = 'kind' in grids ? [grids] : grids
  const look = themes[theme]
  return assembled(
    all.map(grid => panelOf(grid, { ...o, theme: look })),
    all,
    look,
  )
}

/**
 * The heads of a model as points, as the text of an SVG file: the score of one grid [layer, head] across, that of the
 * other upwards, with their intervals. Throws `figure-axes` for grids of other or of unequal shapes.
 */
export function pointsFigure(
  first: Grid,
  second: Grid,
  { theme = 'light' }: Pick<FigureOptions, 'theme'> = {},
): string {
  const shapes = [first, second].map(grid => grid.axes.map((a, i) => `${a.name} ${gridShape(grid)[i]}`).join(', '))
  if (shapes[0] !== shapes[1] || first.axes.map(a => a.name).join() !== 'layer,head')
    throw new HeadwiseError(
      `Grids over [${shapes[0]}] and [${shapes[1]}] have no points in common: both must be [layer, head] of one model.`,
      { code: 'figure-axes', fault: 'usage', where: 'axes', found: shapes, allowed: '[layer, head] twice' },
    )
  const look = themes[theme]
  return assembled([pointsPanel(first, second, { theme: look })], [first, second], look)
}

/** Panels in rows, with the specs of their grids inside. */
function assembled(panels: readonly Panel[], all: readonly Grid[], look: Theme): string {
  const drawn: string[] = []
  let [y, width] = [MARGIN, 0]
  for (const row of rowsOf(panels)) {
    const anchor = Math.max(...row.map(p => p.anchor))
    let x = MARGIN
    for (const panel of row) {
      const place = `translate(${Math.round(x)} ${Math.round(y + anchor - panel.anchor)})`
      drawn.push(element('g', { transform: place }, panel.body))
      x += panel.width + BETWEEN
    }
    width = Math.max(width, x - BETWEEN + MARGIN)
    y += Math.max(...row.map(p => p.height + anchor - p.anchor)) + BETWEEN
  }
  const [w, h] = [Math.ceil(width), Math.ceil(y - BETWEEN + MARGIN)]
  const root = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${w} ${h}`,
    width: w,
    height: h,
    role: 'img',
    'font-family': SANS,
    'font-variant-numeric': 'tabular-nums',
  }
  const inner = [
    element('title', {}, escapeXml(all.map(g => label(g.metric)).join('; '))),
    embedSpecs(all.map(g => g.spec)),
    element('rect', { width: w, height: h, fill: look.paper }),
    ...drawn,
  ]
  return `${element('svg', root, `\n${inner.join('\n')}\n`)}\n`
}

/** Panels that stand beside each other. */
function rowsOf(panels: readonly Panel[]): Panel[][] {
  const rows: Panel[][] = []
  let width = 0
  for (const panel of panels) {
    const row = rows.at(-1)
    if (row && width + BETWEEN + panel.width <= ROW) {
      row.push(panel)
      width += BETWEEN + panel.width
    } else {
      rows.push([panel])
      width = panel.width
    }
  }
  return rows
}

/** Axes along which one goes; the entries of others only stand in a list. */
const CURVES: readonly string[] = ['layer', 'position', 'query', 'key', 'dimension', 'step', 'size', 'time', 'x', 'y']

function panelOf(grid: Grid, o: PanelOptions): Panel {
  const [first, ...others] = grid.axes.map(a => a.name)
  if (grid.axes.map(a => a.name).join() === 'layer,head,query,key') return picturesPanel(grid, o)
  if (first === 'method' && others.join() === 'column') return barsPanel(grid, o)
  if (others.length === 1) return mapPanel(grid, o)
  if (first === 'column') return barsPanel(grid, o)
  if ((first === 'key' || first === 'query') && others.length === 0 && grid.axes[0]!.labels) return wordsPanel(grid, o)
  if (others.length === 0) return CURVES.includes(first!) ? curvePanel(grid, o) : listPanel(grid, o)
  throw new HeadwiseError(
    `A grid over [${[first, ...others].join(', ')}] has no figure: figures have one axis or two; write .json or .csv.`,
    {
      code: 'figure-axes',
      fault: 'usage',
      where: 'axes',
      found: grid.axes.length,
      allowed: '1 or 2',
    },
  )
}
