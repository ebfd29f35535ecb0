import { expect, test } from 'vitest'
import { percentileAmong } from '../../src/statistics/percentile.ts'
import { tests } from './fixtures.ts'

test.each(tests.percentile)('scipy.stats.percentileofscore(kind=mean) of $value', ({ value, percentile }) => {
  expect(percentileAmong(value, tests.controls)).toBeCloseTo(percentile, 12)
})

test('controls without a value are left out; without any there is no percentile', () => {
  expect(percentileAmong(3, [1, Number.NaN, 5])).toBe(50)
  expect(percentileAmong(3, [Number.NaN])).toBeNaN()
  expect(percentileAmong(Number.NaN, [1])).toBeNaN()
})
