import { describe, expect, test } from 'vitest'
import { labelPermutationTest, signFlipTest } from '../../src/statistics/permutation.ts'
import { tests } from './fixtures.ts'

const flip = (values: readonly number[], o: object = {}) =>
  signFlipTest(values, values.length, 1, { seed: 0, ...o }).p[0]!

describe('exact tests are those of scipy.stats.permutation_test', () => {
  test.each(tests.signFlip)('signs: p = $p', ({ values, p }) => {
    expect(flip(values)).toBeCloseTo(p, 12)
  })
  test.each(tests.labels)('labels: p = $p', ({ a, b, p }) => {
    expect(labelPermutationTest(a, b, 1, { seed: 0 }).p[0]).toBeCloseTo(p, 12)
  })
})

describe('random permutations approach the exact test', () => {
  // Four standard errors of a share over 4,000 draws.
  const near = (p: number) => 4 * Math.sqrt((p * (1 - p)) / 4000) + 1 / 4000
  test.each(tests.signFlip.slice(0, 1))('signs: p = $p', ({ values, p }) => {
    expect(Math.abs(flip(values, { draws: 4000 }) - p)).toBeLessThan(near(p))
    expect(flip(values, { draws: 4000 })).not.toBeCloseTo(p, 12)
  })
  test.each(tests.labels.slice(0, 1))('labels: p = $p', ({ a, b, p }) => {
    // 1,716 choices: more than the draws.
    const mine = labelPermutationTest(a, b, 1, { seed: 0, draws: 1500 }).p[0]!
    expect(Math.abs(mine - p)).toBeLessThan(2 * near(p))
    expect(mine).not.toBeCloseTo(p, 12)
  })
})

test('p is never 0: with B draws at least 1 / (B + 1), and 2 / 2^n when exact', () => {
  const far = Array.from({ length: 40 }, (_, i) => 100 + i)
  expect(flip(far, { draws: 99 })).toBe(0.01)
  expect(flip([5, 6, 7])).toBe(0.25)
  expect(flip([0, 0, 0, 0])).toBe(1)
})

test('prompts of one cluster flip together', () => {
  const values = [1, 2, 1, 2, 1, 2]
  expect(flip(values)).toBe(2 / 64)
  expect(flip(values, { clusters: ['a', 'a', 'b', 'b', 'c', 'c'] })).toBe(2 / 8)
})

test('a cell of a grid is tested as alone; missing values are left out; no value has no p', () => {
  const nan = Number.NaN
  const columns = [[3, 1, 4, 1, 5, 9, 2, 6], [3, nan, 4, 1, 5, nan, 2, 6], Array.from({ length: 8 }, () => nan)]
  const grid = Array.from({ length: 8 }, (_, i) => columns.map(c => c[i]!)).flat()
  for (const draws of [10_000, 50]) {
    const { p, n } = signFlipTest(grid, 8, 3, { seed: 9, draws })
    expect([...n]).toEqual([8, 6, 0])
    expect([...p]).toEqual([...columns.slice(0, 2).map(c => flip(c, { seed: 9, draws })), nan])
    const half = { a: grid.slice(0, 12), b: grid.slice(12) }
    const two = labelPermutationTest(half.a, half.b, 3, { seed: 9, draws })
    const alone = columns.map(c => labelPermutationTest(c.slice(0, 4), c.slice(4), 1, { seed: 9, draws }).p[0])
    expect([...two.p]).toEqual(alone)
    expect(two.p[2]).toBeNaN()
  }
})

test('one sample has no label to permute; an infinity proves nothing', () => {
  expect(labelPermutationTest([1, 2], [], 1, { seed: 0 }).p[0]).toBeNaN()
  expect(flip([1, 2, Number.POSITIVE_INFINITY])).toBe(1)
})

test('wrong arguments are refused', () => {
  const code = 'permutation-argument'
  expect(() => flip([1, 2], { draws: 0 })).toThrow(expect.objectContaining({ code, where: 'draws' }))
  expect(() => flip([1, 2], { clusters: [1] })).toThrow(expect.objectContaining({ code, where: 'clusters' }))
  expect(() => signFlipTest([1, 2, 3], 2, 2, { seed: 0 })).toThrow(expect.objectContaining({ code, where: 'values' }))
  expect(() => labelPermutationTest([1, 2, 3], [1], 2, { seed: 0 })).toThrow(
    expect.objectContaining({ code, where: 'first values' }),
  )
})
