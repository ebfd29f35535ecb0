import { expect, test } from 'vitest'
import { routeItems, routeStep } from '../../../app/src/marks/routes-items.ts'
import { layoutRoutes } from '../../../src/figures/routes.ts'
import type { RouteEdge, RouteNode } from '../../../src/words/routes.ts'

const node = (site: RouteNode['site'], position: number): RouteNode => ({ site, layer: 0, position })
const [post, mid, pre, other] = [
  node('resid_post', 2),
  node('resid_mid', 2),
  node('resid_pre', 2),
  node('resid_pre', 0),
]
const edge = (part: RouteEdge['part'], from: RouteNode, to: RouteNode): RouteEdge => ({
  part,
  ...(part === 'head' ? { head: 1 } : {}),
  from,
  to,
  contribution: 0.4,
})
const edges = [
  edge('residual', mid, post),
  edge('mlp', mid, post),
  edge('residual', pre, mid),
  edge('head', other, mid),
]
const items = routeItems(layoutRoutes({ nodes: [post, mid, pre, other], edges }, 1, ['a', 'b', 'c'], 400))
const names = items.map(i => ('node' in i ? `${i.node.site} ${i.node.position}` : i.edge.part))

test('from the query downwards: each point, then what enters it; residuals are no choice', () => {
  expect(names).toEqual(['resid_post 2', 'mlp', 'resid_mid 2', 'head', 'resid_pre 2', 'resid_pre 0'])
})

test('arrows go through all of them, or to the nearest above and below', () => {
  const go = (from: string, key: string) => {
    const to = routeStep(items, names.indexOf(from), key)
    return to === undefined ? undefined : names[to]
  }
  expect(go('resid_post 2', 'ArrowRight')).toBe('mlp')
  expect(go('resid_post 2', 'ArrowLeft')).toBe('resid_post 2')
  expect(go('resid_pre 0', 'ArrowRight')).toBe('resid_pre 0')
  expect(go('resid_post 2', 'ArrowDown')).toBe('resid_mid 2')
  expect(go('resid_pre 2', 'ArrowUp')).toBe('resid_mid 2')
  expect(go('resid_pre 0', 'ArrowDown')).toBe('resid_pre 0')
  expect(go('mlp', 'End')).toBe('resid_pre 0')
  expect(go('mlp', 'Home')).toBe('resid_post 2')
  expect(go('mlp', 'x')).toBeUndefined()
})
