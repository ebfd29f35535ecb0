import { expect, test } from 'vitest'
import { factors, scalings } from '../../src/causal/scaling.ts'

test('factors at equal distances: both ends, and 0 and 1 without rounding', () => {
  expect(factors(-2, 3, 11)).toEqual([-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3])
  expect(factors(-0.3, 0.3, 7)).toEqual([-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3])
  expect(factors(0.5, 2, 1)).toEqual([0.5])
})

test('all heads of the set get the factor', () => {
  const set = [
    { layer: 1, head: 3 },
    { layer: 0, head: 2 },
  ]
  expect(scalings(set, [2, 1])).toEqual([
    [0, 1].map(layer => ({
      do: 'scale',
      by: 2,
      at: { site: 'z', layer, stack: 'decoder' },
      heads: [layer === 0 ? 2 : 3],
    })),
    // 1 · x is x.
    [],
  ])
})
