/** Optimal string alignment distance: insertions, deletions, substitutions, swaps of neighbours. */
function distance(a: string, b: string): number {
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = Number(a[i - 1] !== b[j - 1])
      const swap =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2]! + 1 : a.length + b.length
      row.push(Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + cost, swap))
    }
    before = last
    last = row
  }
  return last[b.length]!
}

/** The known names that are nearest to a name nobody knows, best first; for "did you mean". */
export function nearest(name: string, known: readonly string[]): string[] {
  const asked = name.slice(0, 64).toLowerCase()
  const ranked = known.map(k => ({ k, d: distance(asked, k.toLowerCase()) })).sort((x, y) => x.d - y.d)
  const best = ranked[0]?.d ?? 0
  return ranked
    .filter(({ d }) => d <= best + 1)
    .slice(0, 3)
    .map(({ k }) => k)
}
