/** The largest absolute difference; infinite when the lengths differ or a number is NaN. */
export function largest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  let most = 0
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs(a[i]! - b[i]!)
    if (!(d <= most)) most = Number.isNaN(d) ? Number.POSITIVE_INFINITY : d
  }
  return most
}
