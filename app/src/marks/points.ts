import type { PlacedPoint } from '../../../src/figures/place-points.ts'

/** The point nearest to a place, where one lies within reach. */
export function nearestPoint(points: readonly PlacedPoint[], x: number, y: number, reach: number): number | undefined {
  let [best, least] = [undefined as number | undefined, reach]
  for (const p of points) {
    const d = Math.hypot(p.x - x, p.y - y)
    if (d <= least) [best, least] = [p.i, d]
  }
  return best
}

/** The next point to the left or right, or upwards or downwards, in the order of that axis. */
export function stepTo(points: readonly PlacedPoint[], from: number, axis: 'x' | 'y', step: 1 | -1): number {
  const order = points.toSorted((a, b) => a[axis] - b[axis] || a.i - b.i)
  const at = order.findIndex(p => p.i === from)
  if (at < 0) return order[0]?.i ?? from
  return order[Math.min(order.length - 1, Math.max(0, at + step))]!.i
}
