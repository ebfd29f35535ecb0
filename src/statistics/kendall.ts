/**
 * Kendall's tau-b: (concordant − discordant pairs) / √(pairs not tied in x · pairs not tied in y), −1 to 1; NaN when
 * all of x or all of y are equal.
 * Sources: M. Kendall, The Treatment of Ties in Ranking Problems (1945); W. Knight, A Computer Method for Calculating
 * Kendall's Tau with Ungrouped Data (1966), for time n log n.
 */
export function kendallTau(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const n = x.length
  const order = Array.from(x, (_, i) => i).sort((i, j) => x[i]! - x[j]! || y[i]! - y[j]!)
  const sorted = Float64Array.from(order, i => y[i]!)
  const tiedX = tiedPairs(n, i => x[order[i]!] === x[order[i - 1]!])
  const tiedBoth = tiedPairs(n, i => x[order[i]!] === x[order[i - 1]!] && sorted[i] === sorted[i - 1])
  const discordant = inversions(sorted)
  const tiedY = tiedPairs(n, i => sorted[i] === sorted[i - 1])
  const pairs = (n * (n - 1)) / 2
  return (pairs - tiedX - tiedY + tiedBoth - 2 * discordant) / Math.sqrt((pairs - tiedX) * (pairs - tiedY))
}

/** Pairs inside runs of equal neighbours. */
function tiedPairs(n: number, sameAsBefore: (i: number) => boolean): number {
  let pairs = 0
  let run = 0
  for (let i = 1; i < n; i++) {
    run = sameAsBefore(i) ? run + 1 : 0
    pairs += run
  }
  return pairs
}

/** How many pairs stand in falling order; sorts the array by merging. */
function inversions(a: Float64Array): number {
  const buffer = new Float64Array(a.length)
  let count = 0
  for (let width = 1; width < a.length; width *= 2) {
    for (let from = 0; from < a.length; from += 2 * width) {
      const middle = Math.min(from + width, a.length)
      const to = Math.min(from + 2 * width, a.length)
      let [left, right] = [from, middle]
      for (let k = from; k < to; k++) {
        if (left < middle && (right >= to || a[left]! <= a[right]!)) buffer[k] = a[left++]!
        else {
          count += middle - left
          buffer[k] = a[right++]!
        }
      }
    }
    a.set(buffer)
  }
  return count
}
