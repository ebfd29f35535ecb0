import { expect, test } from 'vitest'
import { nullTest } from '../../src/statistics/null.ts'
import { createRandom } from '../../src/statistics/random.ts'

test('excess over the mean of the null and (1 + #≥) / (B + 1), by hand', () => {
  const draws = [
    [1, 5, 0],
    [2, 5, Number.NaN],
    [3, 5, 4],
  ]
  const { excess, p } = nullTest([3, 9, 1], (_, i) => draws[i]!, { draws: 3, seed: 0 })
  expect([...excess]).toEqual([1, 4, -1])
  expect([...p]).toEqual([2 / 4, 1 / 4, 2 / 3])
})

test('a cell without a value, or without a null, has neither number', () => {
  const { excess, p } = nullTest([Number.NaN, 1], () => [1, Number.NaN], { draws: 5, seed: 0 })
  expect([...excess, ...p]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN])
})

test('draws come from a fork of the seed, and one array may be used for all', () => {
  const array = new Float64Array(1)
  const drawn: number[] = []
  const uniform = nullTest(
    [0.9],
    random => {
      array[0] = random.uniform()
      drawn.push(array[0])
      return array
    },
    { seed: 4 },
  )
  const random = createRandom(4).fork('null')
  expect(drawn.slice(0, 3)).toEqual([random.uniform(), random.uniform(), random.uniform()])
  expect(drawn).toHaveLength(10_000)
  // Four standard errors of the share and of the mean.
  expect(Math.abs(uniform.p[0]! - 0.1)).toBeLessThan(0.012)
  expect(Math.abs(uniform.excess[0]! - 0.4)).toBeLessThan(0.012)
})

test('an abort ends it, and draws of another size are refused', () => {
  const stop = new AbortController()
  const draw = () => {
    stop.abort()
    return [0]
  }
  expect(() => nullTest([1], draw, { seed: 0, signal: stop.signal })).toThrow(
    expect.objectContaining({ code: 'interrupted' }),
  )
  expect(() => nullTest([1], () => [0, 1], { seed: 0 })).toThrow(expect.objectContaining({ where: 'draw' }))
  expect(() => nullTest([1], () => [0], { seed: 0, draws: 0 })).toThrow(expect.objectContaining({ where: 'draws' }))
})
