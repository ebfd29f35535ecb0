import { describe, expect, test } from 'vitest'
import { kendallTau } from '../../src/statistics/kendall.ts'
import { rankCorrelation } from '../../src/statistics/rank.ts'
import { tests } from './fixtures.ts'

const quick = { seed: 0, draws: 200 }

test.each(tests.rank)('scipy.stats: spearman $spearman, kendall $kendall', ({ x, y, spearman, kendall }) => {
  expect(rankCorrelation(x, y, 'spearman', quick).value).toBeCloseTo(spearman, 12)
  expect(rankCorrelation(x, y, 'kendall', quick).value).toBeCloseTo(kendall, 12)
})

describe('intervals of scipy.stats.bootstrap(paired=True)', () => {
  // 20,000 draws here, 200,000 (kendall: 50,000) there: an end's own deviation is up to 0.02 standard errors.
  test.each(['spearman', 'kendall'] as const)('%s', method => {
    const { x, y } = tests.rankIntervals
    const { low, high, error } = tests.rankIntervals[method]
    const mine = rankCorrelation(x, y, method, { seed: 3, draws: 20_000 })
    expect(Math.abs(mine.low! - low)).toBeLessThan(0.1 * error)
    expect(Math.abs(mine.high! - high)).toBeLessThan(0.1 * error)
  })
})

test('pairs that lack a value are left out; a side that does not vary has no correlation', () => {
  const nan = Number.NaN
  const whole = rankCorrelation([1, 2, 3, 4], [2, 1, 3, 4], 'kendall', quick)
  expect(rankCorrelation([1, nan, 2, 3, 4], [2, 7, 1, 3, 4], 'kendall', quick)).toEqual(whole)
  expect(whole.n).toBe(4)
  expect(rankCorrelation([1, 1, 1], [1, 2, 3], 'spearman', quick)).toEqual({ value: nan, n: 3 })
  expect(rankCorrelation([1], [2], 'spearman', quick)).toEqual({ value: nan, n: 1 })
})

test('clusters are drawn whole', () => {
  const { x, y } = tests.rankIntervals
  const alone = rankCorrelation(x, y, 'spearman', { seed: 1, draws: 300 })
  expect(rankCorrelation(x, y, 'spearman', { seed: 1, draws: 300, clusters: x.map((_, i) => `p${i}`) })).toEqual(alone)
  const together = rankCorrelation(x, y, 'spearman', { seed: 1, draws: 300, clusters: x.map(() => 't') })
  expect(together).toEqual({ value: alone.value, n: 40 })
})

test('tau by counting all pairs, on lists with ties longer than one merge', () => {
  const x = Array.from({ length: 37 }, (_, i) => (i * 17) % 11)
  const y = Array.from({ length: 37 }, (_, i) => (i * i) % 7)
  let [agree, tiedX, tiedY] = [0, 0, 0]
  for (let i = 0; i < 37; i++)
    for (let j = 0; j < i; j++) {
      agree += Math.sign(x[i]! - x[j]!) * Math.sign(y[i]! - y[j]!)
      tiedX += Number(x[i] === x[j])
      tiedY += Number(y[i] === y[j])
    }
  const pairs = (37 * 36) / 2
  expect(kendallTau(x, y)).toBeCloseTo(agree / Math.sqrt((pairs - tiedX) * (pairs - tiedY)), 12)
})

test('lists of two lengths are refused', () => {
  expect(() => rankCorrelation([1, 2], [1], 'kendall', quick)).toThrow(
    expect.objectContaining({ code: 'correlation-argument', where: 'second list' }),
  )
})
