import type { DrawnEdge, DrawnNode, DrawnRoutes } from '../../../src/figures/routes.ts'

/** What can be chosen in the drawn routes: a token's representation, a feed-forward block, a head's line of attention. */
export type RouteItem = { readonly key: string; readonly x: number; readonly y: number } & (
  | { readonly node: DrawnNode }
  | { readonly edge: DrawnEdge }
)

/** From the query downwards: each node, then the block and the heads that enter it. */
export function routeItems({ nodes, edges }: Pick<DrawnRoutes, 'nodes' | 'edges'>): RouteItem[] {
  const into = new Map<string, DrawnEdge[]>()
  for (const e of edges) {
    if (e.part === 'residual') continue
    const key = `${e.to.site} ${e.to.layer} ${e.to.position}`
    into.set(key, [...(into.get(key) ?? []), e])
  }
  return nodes.flatMap(node => [
    { key: node.key, x: node.x, y: node.y, node },
    ...(into.get(node.key) ?? []).map(edge => ({ key: edge.key, ...edge.middle, edge })),
  ])
}

/**
 * Where a key leads from an item: ← and → through all of them in order, ↑ and ↓ to the nearest one above or below.
 * Undefined for other keys.
 */
export function routeStep(items: readonly RouteItem[], from: number, key: string): number | undefined {
  const last = items.length - 1
  if (key === 'Home') return 0
  if (key === 'End') return last
  if (key === 'ArrowRight') return Math.min(last, from + 1)
  if (key === 'ArrowLeft') return Math.max(0, from - 1)
  const down = { ArrowUp: -1, ArrowDown: 1 }[key]
  const here = items[from]
  if (down === undefined || !here) return undefined
  let [best, least] = [from, Number.POSITIVE_INFINITY]
  for (const [i, { x, y }] of items.entries()) {
    const ahead = (y - here.y) * down
    if (ahead <= 0) continue
    const far = ahead + 2 * Math.abs(x - here.x)
    if (far < least) [best, least] = [i, far]
  }
  return best
}
