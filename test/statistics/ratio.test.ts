import { describe, expect, test } from 'vitest'
import { bootstrapRatio } from '../../src/statistics/ratio.ts'
import { paired } from './fixtures.ts'

describe('intervals of scipy.stats.bootstrap(paired=True)', () => {
  // Two independent runs of 200,000 resamples; 0.08 standard errors are more than four of the worst difference.
  test.each(paired.filter(p => p.name === 'ratio'))('$name, level $level', ({ a, b, clusters, level, ...scipy }) => {
    const mine = bootstrapRatio(a, b, a.length, 1, { ...(clusters && { clusters }), level, draws: 200_000, seed: 1 })
    expect(Math.abs(mine.low![0]! - scipy.low)).toBeLessThan(0.08 * scipy.error)
    expect(Math.abs(mine.high![0]! - scipy.high)).toBeLessThan(0.08 * scipy.error)
    const sum = (x: readonly number[]) => x.reduce((s, v) => s + v, 0)
    expect(mine.ratio[0]).toBeCloseTo(sum(a) / sum(b), 12)
  })
})

const clean = [4, 5, 3, 6, 4.5]

test('the clean patch recovers all and the corrupt patch nothing, without any width', () => {
  const numerators = clean.flatMap(x => [x, 0, x / 2])
  const { ratio, low, high, n, denominator } = bootstrapRatio(numerators, clean, 5, 3, { seed: 2, draws: 500 })
  expect([...n]).toEqual([5, 5, 5])
  for (const part of [ratio, low!, high!])
    for (const [i, x] of [1, 0, 0.5].entries()) expect(part[i]).toBeCloseTo(x, 12)
  expect(denominator.mean).toBeCloseTo(4.5, 12)
})

test('it is a ratio of sums: a prompt with a small denominator does not dominate', () => {
  const { ratio } = bootstrapRatio([2, 2, 0.1], [4, 4, 0.001], 3, 1, { seed: 0, draws: 100 })
  expect(ratio[0]).toBeCloseTo(4.1 / 8.001, 12)
})

test('a denominator whose interval holds 0 is refused, with its numbers; one that is clearly negative is not', () => {
  expect(() => bootstrapRatio([1, 2, 3], [1, -2, 0.5], 3, 1, { seed: 0 })).toThrow(
    expect.objectContaining({ code: 'ratio-denominator', fault: 'failed', where: 'denominator' }),
  )
  expect(bootstrapRatio([1, 2, 3], [-1, -2, -3], 3, 1, { seed: 0 }).ratio[0]).toBe(-1)
})

test('one prompt has a ratio and no interval, unless it divides by 0', () => {
  const { ratio, low } = bootstrapRatio([1], [4], 1, 1, { seed: 0 })
  expect([ratio[0], low]).toEqual([0.25, undefined])
  expect(() => bootstrapRatio([1], [0], 1, 1, { seed: 0 })).toThrow(
    expect.objectContaining({ code: 'ratio-denominator' }),
  )
})

test('a prompt that lacks a side is left out of both; a cell left with an unclear denominator has no value', () => {
  const nan = Number.NaN
  const denominator = [5, 6, 5, 7, nan, 0.1, -0.1]
  const numerator = [
    [1, nan],
    [1, nan],
    [1, nan],
    [nan, nan],
    [1, 1],
    [1, 1],
    [1, 1],
  ].flat()
  const { ratio, low, n } = bootstrapRatio(numerator, denominator, 7, 2, { seed: 0, draws: 400 })
  expect([...n]).toEqual([5, 2])
  expect(ratio[0]).toBeCloseTo(5 / 16, 12)
  expect([ratio[1], low![1]]).toEqual([nan, nan])
})

test('arguments of other sizes are refused', () => {
  expect(() => bootstrapRatio([1, 2], [1], 2, 1, { seed: 0 })).toThrow(
    expect.objectContaining({ where: 'denominator' }),
  )
  expect(() => bootstrapRatio([1], [1, 2], 2, 1, { seed: 0 })).toThrow(expect.objectContaining({ where: 'values' }))
})
