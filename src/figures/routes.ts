import type { RouteEdge, RouteGraph, RouteNode, Routes } from '../words/routes.ts'
import type { Spec } from '../words/spec.ts'
import { themes } from './colour.ts'
import { embedSpecs } from './embed.ts'
import { element, escapeXml, MONO, SANS, text, tokenLabel } from './svg.ts'

/** An edge as it is drawn: tokens across, layers upwards. */
export interface DrawnEdge extends RouteEdge {
  readonly key: string
  readonly path: string
  readonly width: number
  /** On the line, halfway. */
  readonly middle: { readonly x: number; readonly y: number }
}
export interface DrawnNode extends RouteNode {
  readonly key: string
  readonly x: number
  readonly y: number
}
export interface DrawnRoutes {
  readonly width: number
  readonly height: number
  readonly edges: readonly DrawnEdge[]
  readonly nodes: readonly DrawnNode[]
  readonly layers: readonly { readonly layer: number; readonly y: number }[]
  readonly tokens: readonly { readonly x: number; readonly y: number; readonly text: string }[]
}

type Theme = keyof typeof themes

/** Pixels across, where nobody says how many there are. */
const ROOM = 720
const LEFT = 32
const RIGHT = 24
const TOP = 12
const LABEL = 100
/** The least that a token takes; more of them are scrolled through. */
const STEP = { least: 22, most: 64 }
/** From the residual after one part of a layer to that after the next. */
const RISE = 22
/** How far to the side of the residual the feed-forward part goes, and a head that stays at its token. */
const ASIDE = 9
const THICKEST = 6
/** A line that can be seen and pointed at, however small its share. */
const THINNEST = 1.25

/** Where everything stands in a room of that width. Only what edges lead to is a node. */
export function layoutRoutes(
  routes: Pick<RouteGraph, 'nodes' | 'edges'>,
  layers: number,
  labels: readonly string[],
  room: number,
): DrawnRoutes {
  const step = Math.min(STEP.most, Math.max(STEP.least, (room - LEFT - RIGHT) / labels.length))
  const floor = TOP + 2 * layers * RISE
  const x = (n: RouteNode) => LEFT + (n.position + 0.5) * step
  const levels = { resid_pre: 0, resid_mid: 1, resid_post: 2 }
  const y = (n: RouteNode) => floor - (2 * n.layer + levels[n.site]) * RISE
  const beside = new Map<string, number>()
  const edges = routes.edges.map((e): DrawnEdge => {
    const { from, to } = e
    const [x0, y0, x1, y1] = [x(from), y(from), x(to), y(to)]
    const pair = `${to.layer} ${to.position} ${from.position}`
    // Several heads from one key to one query lie beside each other.
    const rank = e.part === 'head' ? (beside.get(pair) ?? 0) : 0
    if (e.part === 'head') beside.set(pair, rank + 1)
    const away = e.part === 'mlp' ? ASIDE : e.part === 'head' ? (x0 === x1 ? -ASIDE : 0) - 3 * rank : 0
    const bend = RISE / 2
    return {
      ...e,
      key: `${to.layer} ${to.position} ${to.site} ${e.part} ${e.head ?? ''} ${from.position}`,
      path:
        away === 0 && x0 === x1
          ? `M${x0} ${y0}V${y1}`
          : `M${x0} ${y0}C${x0 + away} ${y0 - bend} ${x1 + away} ${y1 + bend} ${x1} ${y1}`,
      width: Math.max(THINNEST, THICKEST * e.contribution),
      // Of a cubic curve whose handles are shifted by `away`.
      middle: { x: (x0 + x1) / 2 + 0.75 * away, y: (y0 + y1) / 2 },
    }
  })
  return {
    width: Math.ceil(LEFT + step * labels.length + RIGHT),
    height: floor + LABEL,
    edges,
    nodes: routes.nodes.map(n => ({ ...n, x: x(n), y: y(n), key: `${n.site} ${n.layer} ${n.position}` })),
    layers: Array.from({ length: layers }, (_, layer) => ({ layer, y: floor - (2 * layer + 1) * RISE })),
    tokens: labels.map((label, i) => ({ x: LEFT + (i + 0.5) * step, y: floor + 8, text: tokenLabel(label, 12) })),
  }
}

/** The same as the text of an SVG file, with its spec inside. */
export function routesFigure(d: DrawnRoutes, metric: string, spec: Spec, theme: Theme): string {
  const look = themes[theme]
  const HEAD = 32
  // As wide as its title needs.
  const width = Math.max(d.width, 16 + 6 * metric.length)
  const small = { 'font-size': 11, fill: look.muted }
  const colours = { residual: look.rule, head: look.line, mlp: look.ink }
  const body = [
    ...d.edges.map(e =>
      element('path', {
        d: e.path,
        fill: 'none',
        stroke: colours[e.part],
        'stroke-width': e.width,
      }),
    ),
    ...d.nodes.map(n => element('circle', { cx: n.x, cy: n.y, r: 2.5, fill: look.ink })),
    ...d.layers.map(l => text(LEFT - 12, l.y + 4, String(l.layer), { ...small, 'text-anchor': 'end' })),
    ...d.tokens.map(t =>
      text(0, 4, t.text, {
        ...small,
        'font-family': MONO,
        'text-anchor': 'end',
        transform: `translate(${t.x} ${t.y}) rotate(-90)`,
      }),
    ),
  ]
  const root = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${d.height + HEAD}`,
    width,
    height: d.height + HEAD,
    role: 'img',
    'font-family': SANS,
  }
  const inner = [
    element('title', {}, escapeXml(metric)),
    embedSpecs([spec]),
    element('rect', { width, height: d.height + HEAD, fill: look.paper }),
    text(8, 18, metric, small),
    element('g', { transform: `translate(0 ${HEAD})` }, body.join('\n')),
  ]
  return `${element('svg', root, `\n${inner.join('\n')}\n`)}\n`
}

/** The figure of a result of `routes`. */
export function routesSvg({ nodes, edges, tokens, position, threshold, spec }: Routes, theme: Theme): string {
  const layers = 1 + Math.max(...nodes.map(n => n.layer))
  const drawn = layoutRoutes({ nodes, edges }, layers, tokens, ROOM)
  const to = `routes to ${tokenLabel(tokens[position] ?? '', 24)}, ${position}`
  return routesFigure(drawn, `${to}, contributions of ${threshold} or more`, spec, theme)
}
