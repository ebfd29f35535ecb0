/**
 * q-values: the smallest false discovery rate at which a cell is still among the discoveries, min over p' ≥ p of
 * p' · m / rank(p'). NaN is no test: it stays NaN and does not count in m.
 * Source: Y. Benjamini and Y. Hochberg, Controlling the False Discovery Rate (1995).
 */
export function benjaminiHochberg(p: ArrayLike<number>): Float64Array {
  const q = new Float64Array(p.length).fill(Number.NaN)
  const order = Array.from(p, (_, i) => i)
    .filter(i => !Number.isNaN(p[i]!))
    .sort((a, b) => p[a]! - p[b]!)
  let least = 1
  for (let rank = order.length; rank >= 1; rank--) {
    const i = order[rank - 1]!
    least = Math.min(least, (p[i]! * order.length) / rank)
    q[i] = least
  }
  return q
}
