import { expect, test } from 'vitest'
import { benjaminiHochberg } from '../../src/statistics/fdr.ts'
import { tests } from './fixtures.ts'

test('q-values of scipy.stats.false_discovery_control', () => {
  const q = benjaminiHochberg(tests.fdr.p)
  for (const [i, x] of tests.fdr.q.entries()) expect(q[i]).toBeCloseTo(x, 12)
})

test('by hand: .01 · 3, .02 · 3/2, and .9 as it is; NaN passes and does not count', () => {
  expect([...benjaminiHochberg([0.02, Number.NaN, 0.9, 0.01])]).toEqual([0.03, Number.NaN, 0.9, 0.03])
  expect([...benjaminiHochberg([])]).toEqual([])
})
