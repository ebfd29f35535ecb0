import { expect, test } from 'vitest'
import { specOfFigure } from '../../src/figures/read-spec.ts'
import { layoutRoutes, routesSvg } from '../../src/figures/routes.ts'
import type { RouteEdge, RouteNode } from '../../src/words/routes.ts'
import { routes } from '../results/examples.ts'

const node = (site: RouteNode['site'], layer: number, position: number): RouteNode => ({ site, layer, position })
const head = (h: number, key: number, contribution: number): RouteEdge => ({
  part: 'head',
  head: h,
  from: node('resid_pre', 0, key),
  to: node('resid_mid', 0, 2),
  contribution,
})
const edges: RouteEdge[] = [
  {
    part: 'residual',
    from: node('resid_mid', 0, 2),
    to: node('resid_post', 0, 2),
    contribution: 0.5,
  },
  head(0, 1, 0.3),
  head(3, 1, 0.1),
  head(3, 2, 0.1),
]
const nodes = [node('resid_post', 0, 2), node('resid_mid', 0, 2), node('resid_pre', 0, 1)]
const drawn = layoutRoutes({ nodes, edges }, 1, ['a', ' b', 'c'], 400)

test('tokens go across and layers up; the wider, the larger the share', () => {
  const [post, mid, pre] = drawn.nodes
  expect(post!.y).toBeLessThan(mid!.y)
  expect(mid!.y).toBeLessThan(pre!.y)
  expect(pre!.x).toBeLessThan(mid!.x)
  expect(drawn.tokens.map(t => t.text)).toEqual(['a', '␣b', 'c'])
  const widths = drawn.edges.map(e => e.width)
  expect(widths).toEqual([...widths].sort((a, b) => b - a))
})

test('heads of one key and query lie beside each other, and no edge has the name of another', () => {
  expect(new Set(drawn.edges.map(e => e.path)).size).toBe(edges.length)
  expect(new Set(drawn.edges.map(e => e.key)).size).toBe(edges.length)
})

test('many tokens take the room that they need', () => {
  const long = layoutRoutes({ nodes, edges }, 1, new Array<string>(100).fill('x'), 400)
  expect(long.width).toBeGreaterThan(100 * 20)
})

test('the figure of a result holds its edges and its spec', () => {
  const svg = routesSvg(routes, 'dark')
  expect(svg.match(/<path /g)).toHaveLength(routes.edges.length)
  expect(svg).toContain('routes to ␣b, 1, contributions of 0.25 or more')
  expect(specOfFigure(Buffer.from(svg))).toEqual([routes.spec])
})
