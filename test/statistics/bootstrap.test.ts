import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { bootstrapDifference, bootstrapGrid, bootstrapMean } from '../../src/statistics/bootstrap.ts'

interface Case {
  name: string
  values: number[]
  clusters?: number[]
  level: number
  low: number
  high: number
  error: number
}
const fixture = join(import.meta.dirname, '../fixtures/statistics/bootstrap.json')
interface Paired extends Omit<Case, 'values'> {
  a: number[]
  b: number[]
}
const { cases, paired } = JSON.parse(readFileSync(fixture, 'utf8')) as { cases: Case[]; paired: Paired[] }

describe('intervals of scipy.stats.bootstrap(method=percentile)', () => {
  // Two independent runs of 200,000 resamples: the end's own deviation is 0.005 to 0.013 standard errors
  // (√(p(1−p)/B) / density, for p = .1 to .005); 0.08 is more than four of the worst difference.
  test.each(cases)('$name', ({ values, clusters, level, low, high, error }) => {
    const mine = bootstrapMean(values, { ...(clusters && { clusters }), level, draws: 200_000, seed: 1 })
    expect(Math.abs(mine.low! - low)).toBeLessThan(0.08 * error)
    expect(Math.abs(mine.high! - high)).toBeLessThan(0.08 * error)
    expect(mine.mean).toBeCloseTo(values.reduce((a, b) => a + b) / values.length, 12)
    expect(mine.n).toBe(values.length)
  })
})

/** All n^n resamples of n values: their means, ascending. */
function everyResample(values: readonly number[]): number[] {
  const n = values.length
  return Array.from({ length: n ** n }, (_, code) => {
    const drawn = values.map((_, k) => values[Math.floor(code / n ** k) % n]!)
    return drawn.reduce((a, b) => a + b, 0) / n
  }).sort((a, b) => a - b)
}

describe('full enumeration of all resamples', () => {
  // An end is one of the possible means; with the level chosen so that it lies well inside that mean's share of all
  // resamples, a finite number of draws must give it exactly (up to the order of summation).
  test.each([
    { values: [3, 7, 20], level: 0.95 },
    { values: [-1, 0.5, 4, 9], level: 0.976 },
    { values: [1, 2, 4, 8], level: 0.6 },
  ])('$values at $level', ({ values, level }) => {
    const means = everyResample(values)
    /** The smallest mean that at least a share p of all resamples does not exceed. */
    const at = (p: number): number => means[Math.ceil(means.length * p) - 1]!
    const [low, high] = [(1 - level) / 2, (1 + level) / 2]
    for (const p of [low, high])
      for (const nearby of [p - 0.005, p + 0.005]) expect(at(nearby), 'a level inside a share').toBeCloseTo(at(p), 12)
    const mine = bootstrapMean(values, { level, seed: 3, draws: 50_000 })
    expect(mine.low).toBeCloseTo(at(low), 12)
    expect(mine.high).toBeCloseTo(at(high), 12)
  })
})

test('clusters of one prompt each are no clusters; the ids do not matter', () => {
  const values = [1, 5, 2, 9, 4]
  const plain = bootstrapMean(values, { seed: 1 })
  expect(bootstrapMean(values, { seed: 1, clusters: ['e', 'd', 'c', 'b', 'a'] })).toEqual(plain)
})

test('clusters widen the interval when prompts of a template agree', () => {
  const values = [0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1]
  const width = ({ low, high }: { low?: number; high?: number }): number => high! - low!
  const alone = bootstrapMean(values, { seed: 1 })
  const together = bootstrapMean(values, { seed: 1, clusters: values.map((_, i) => i >> 2) })
  expect(width(together)).toBeGreaterThan(1.5 * width(alone))
  expect(together.mean).toBe(alone.mean)
})

test('one prompt, one cluster or no prompt gives no interval; two give one', () => {
  expect(bootstrapMean([4], { seed: 0 })).toEqual({ mean: 4, n: 1 })
  expect(bootstrapMean([4, 6], { seed: 0, clusters: ['t', 't'] })).toEqual({ mean: 5, n: 2 })
  expect(bootstrapMean([], { seed: 0 })).toEqual({ mean: Number.NaN, n: 0 })
  expect(bootstrapMean([4, 6], { seed: 0 })).toEqual({ mean: 5, n: 2, low: 4, high: 6 })
})

test('a seed fixes the interval, another seed moves it', () => {
  const values = Array.from({ length: 30 }, (_, i) => Math.sin(i) ** 3)
  const a = bootstrapMean(values, { seed: 1, draws: 500 })
  expect(bootstrapMean(values, { seed: 1, draws: 500 })).toEqual(a)
  expect(bootstrapMean(values, { seed: 2, draws: 500 }).low).not.toBe(a.low)
})

describe('a grid', () => {
  const [prompts, cells] = [9, 150]
  const grid = Float32Array.from({ length: prompts * cells }, (_, i) => Math.sin(i * i))
  const column = (cell: number): number[] => Array.from({ length: prompts }, (_, i) => grid[i * cells + cell]!)

  test('equals the bootstrap of each column, bit for bit, also across blocks of cells and missing values', () => {
    grid[3 * cells + 100] = Number.NaN
    for (let i = 1; i < prompts; i++) grid[i * cells + 7] = Number.NaN
    const options = { seed: 11, draws: 300, clusters: [0, 0, 1, 2, 2, 3, 4, 4, 5] }
    const all = bootstrapGrid(grid, prompts, cells, options)
    for (let cell = 0; cell < cells; cell++) {
      const { mean, n, low = Number.NaN, high = Number.NaN } = bootstrapMean(column(cell), options)
      expect([all.mean[cell], all.n[cell], all.low![cell], all.high![cell]]).toEqual([mean, n, low, high])
    }
    expect([all.n[7], all.n[100], all.n[0]]).toEqual([1, 8, 9])
    expect(all.low![7]).toBeNaN()
  })

  test('shares the resamples between cells: a shifted copy has a shifted interval', () => {
    const two = Float64Array.from({ length: 12 }, (_, i) => Math.floor(i / 2) ** 2 + 100 * (i % 2))
    const { low, high } = bootstrapGrid(two, 6, 2, { seed: 4 })
    expect(low![1]! - low![0]!).toBeCloseTo(100, 9)
    expect(high![1]! - high![0]!).toBeCloseTo(100, 9)
  })

  test('of one prompt has no interval', () => {
    const { mean, low, high, n } = bootstrapGrid([1, 2, 3], 1, 3, { seed: 0 })
    expect([[...mean], low, high, [...n]]).toEqual([[1, 2, 3], undefined, undefined, [1, 1, 1]])
  })
})

test('an infinite value has an infinite mean and does not spoil the resamples without it', () => {
  const { mean, low } = bootstrapMean([1, 2, 3, 4, 5, 6, Number.POSITIVE_INFINITY], { seed: 0 })
  expect(mean).toBe(Number.POSITIVE_INFINITY)
  expect(low).toBeGreaterThan(1)
})

test.each([
  ['draws', { draws: 0 }],
  ['draws', { draws: 2.5 }],
  ['level', { level: 1 }],
  ['level', { level: Number.NaN }],
  ['clusters', { clusters: [1] }],
])('wrong %s are refused', (where, options) => {
  expect(() => bootstrapMean([1, 2], { seed: 0, ...options })).toThrow(
    expect.objectContaining({ code: 'bootstrap-argument', where, fault: 'usage' }),
  )
})

test('a grid of another size than prompts × cells is refused', () => {
  expect(() => bootstrapGrid([1, 2, 3], 2, 2, { seed: 0 })).toThrow('values cannot be 3; allowed: 2 × 2 numbers')
})

describe('a paired difference', () => {
  // As above: 0.08 standard errors are more than four of the worst Monte-Carlo difference.
  test('has the interval of scipy.stats.bootstrap(paired=True)', () => {
    const { a, b, level, low, high, error } = paired.find(p => p.name === 'difference')!
    const mine = bootstrapDifference(a, b, a.length, 1, { level, draws: 200_000, seed: 1 })
    expect(Math.abs(mine.low![0]! - low)).toBeLessThan(0.08 * error)
    expect(Math.abs(mine.high![0]! - high)).toBeLessThan(0.08 * error)
  })

  test('leaves out prompts that lack a side, and takes one value a prompt for all cells', () => {
    const a = [1, 2, 3, 5, 7, 9, Number.NaN, 8]
    const b = [1, 1, Number.NaN, 2]
    const shared = bootstrapDifference(a, b, 4, 2, { seed: 5, draws: 200 })
    expect([...shared.n]).toEqual([2, 3])
    expect([...shared.mean]).toEqual([1, 11 / 3])
    const spread = b.flatMap(x => [x, x])
    expect(bootstrapDifference(a, spread, 4, 2, { seed: 5, draws: 200 })).toEqual(shared)
    expect(() => bootstrapDifference(a, [1], 4, 2, { seed: 5 })).toThrow(
      expect.objectContaining({ code: 'bootstrap-argument', where: 'second values' }),
    )
  })

  test('is narrower than the spread of either side where prompts move both', () => {
    const { a, b } = paired.find(p => p.name === 'difference')!
    const width = (low: number, high: number) => high - low
    const alone = bootstrapMean(a, { seed: 1 })
    const { low, high } = bootstrapDifference(a, b, a.length, 1, { seed: 1 })
    expect(width(low![0]!, high![0]!)).toBeLessThan(0.6 * width(alone.low!, alone.high!))
  })
})
