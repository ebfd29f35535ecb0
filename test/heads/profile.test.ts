import { expect, test } from 'vitest'
import { ProfileReader } from '../../src/heads/profile.ts'

const profileOf = (pattern: readonly (readonly number[])[], top = 5) => {
  const reader = new ProfileReader(pattern.length)
  for (const [q, row] of pattern.entries()) reader.add(q, row, 0)
  return reader.profile(top)
}

test('a pattern by hand: distance, entropy, self, first, who receives and who gives', () => {
  const { distance, entropy, receivers, givers, ...rest } = profileOf([
    [1, 0, 0, 0],
    [0.5, 0.5, 0, 0],
    [0.2, 0.8, 0, 0],
    [0, 0.25, 0.5, 0.25],
  ])
  expect(rest).toEqual({ queries: 3, self: 0.25, first: expect.closeTo(0.7 / 3, 12) })
  // q − k: 1 with 0.5 + 0.8 + 0.5, 2 with 0.2 + 0.25, 0 with the rest.
  const mean = (1.8 + 2 * 0.45) / 3
  expect(distance.mean).toBeCloseTo(mean, 12)
  expect(distance.deviation).toBeCloseTo(Math.sqrt((1.8 + 4 * 0.45) / 3 - mean ** 2), 12)
  const bins = distance.bins.map(b => [b.from, b.to, b.share, b.uniform].map(x => Math.round(x * 1e9) / 1e9))
  expect(bins.map(b => b.slice(0, 3))).toEqual([
    [0, 0, 0.25],
    [1, 1, 0.6],
    [2, 2, 0.15],
    [3, 3, 0],
  ])
  const equal = [1 / 2 + 1 / 3 + 1 / 4, 1 / 2 + 1 / 3 + 1 / 4, 1 / 3 + 1 / 4, 1 / 4].map(x => x / 3)
  for (const [i, x] of equal.entries()) expect(bins[i]![3]).toBeCloseTo(x, 8)
  const h = (...p: number[]) => -p.reduce((s, x) => s + x * Math.log(x), 0)
  expect(entropy.mean).toBeCloseTo((h(0.5, 0.5) + h(0.2, 0.8) + h(0.25, 0.5, 0.25)) / 4, 12)
  expect(entropy.most).toBeCloseTo(Math.log(24) / 4, 12)
  expect(receivers).toEqual([
    { key: 1, total: 1.05, queries: 2, from: 2, most: 0.8 },
    { key: 2, total: 0.5, queries: 1, from: 3, most: 0.5 },
  ])
  expect(givers).toEqual([
    { query: 2, key: 1, share: 0.8 },
    { query: 3, key: 2, share: 0.5 },
  ])
})

test.each([2, 3, 5, 6, 9, 10, 17, 70])(
  '%d tokens: distances go by powers of two, and the shares of all of them sum to the rows',
  time => {
    const value = (q: number, k: number) => 1 + ((q * 7919 + k * 104_729) % 97)
    const pattern = Array.from({ length: time }, (_, q) => {
      const sum = Array.from({ length: q + 1 }, (_, k) => value(q, k)).reduce((a, b) => a + b)
      return Array.from({ length: time }, (_, k) => (k <= q ? value(q, k) / sum : 0))
    })
    const { distance, entropy, receivers } = profileOf(pattern, time)
    const { bins } = distance
    expect(bins.reduce((s, b) => s + b.share, 0)).toBeCloseTo(1, 9)
    expect(bins.reduce((s, b) => s + b.uniform, 0)).toBeCloseTo(1, 9)
    expect(bins.map(b => b.from)).toEqual(bins.map((_, i) => (i === 0 ? 0 : bins[i - 1]!.to + 1)))
    expect(bins.at(-1)!.to).toBe(time - 1)
    expect(bins.slice(3, -1).every(b => b.to === 2 * (b.from - 1))).toBe(true)
    expect(entropy.mean).toBeLessThanOrEqual(entropy.most + 1e-9)
    for (const { total, queries } of receivers) expect(total).toBeLessThan(queries)
  },
)

test('a row that was knocked out whole weighs nothing, and one token tells nothing', () => {
  const { distance, receivers } = profileOf([
    [1, 0, 0],
    [1, 0, 0],
    [0, 0, 0],
  ])
  expect(distance).toMatchObject({ mean: 1, deviation: 0, bins: [{ share: 0 }, { share: 0.5 }, { share: 0 }] })
  expect(receivers).toEqual([])
  expect(profileOf([[1]])).toMatchObject({ queries: 0, receivers: [], givers: [], distance: { mean: Number.NaN } })
})
