import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addDims, type Dim, dim, dimKey, evaluateDim, mulDims, subDims } from '../../src/graph/dim.ts'

const small = fc.integer({ min: -4, max: 4 })
const { polynomial } = fc.letrec<{ polynomial: Dim }>(tie => ({
  polynomial: fc.oneof(
    { maxDepth: 4 },
    small,
    fc.constantFrom('batch', 'time', 'past').map(dim),
    fc.tuple(tie('polynomial'), tie('polynomial')).map(([a, b]) => addDims(a, b)),
    fc.tuple(tie('polynomial'), tie('polynomial')).map(([a, b]) => subDims(a, b)),
    fc.tuple(tie('polynomial'), tie('polynomial')).map(([a, b]) => mulDims(a, b)),
  ),
}))
const dims = fc.record({ batch: fc.integer({ min: 1, max: 9 }), time: small, past: small })
const same = (a: Dim, b: Dim) => expect(dimKey(a)).toBe(dimKey(b))

describe('sizes are a ring', () => {
  test('sum and product commute and associate, and the product distributes', () =>
    fc.assert(
      fc.property(polynomial, polynomial, polynomial, (a, b, c) => {
        same(addDims(a, b), addDims(b, a))
        same(mulDims(a, b), mulDims(b, a))
        same(addDims(addDims(a, b), c), addDims(a, addDims(b, c)))
        same(mulDims(mulDims(a, b), c), mulDims(a, mulDims(b, c)))
        same(mulDims(a, addDims(b, c)), addDims(mulDims(a, b), mulDims(a, c)))
        same(subDims(a, a), 0)
        same(addDims(a, 0), a)
        same(mulDims(a, 1), a)
        same(mulDims(a, 0), 0)
      }),
    ))

  test('the value of a sum is the sum of the values, of a product the product', () =>
    fc.assert(
      fc.property(polynomial, polynomial, dims, (a, b, at) => {
        expect(evaluateDim(addDims(a, b), at)).toBe(evaluateDim(a, at) + evaluateDim(b, at) + 0)
        expect(evaluateDim(subDims(a, b), at)).toBe(evaluateDim(a, at) - evaluateDim(b, at) + 0)
        expect(evaluateDim(mulDims(a, b), at) + 0).toBe(evaluateDim(a, at) * evaluateDim(b, at) + 0)
      }),
    ))

  test('a product with zero is zero, never −0', () => {
    expect(mulDims(-3, 0)).toBe(0)
    expect(addDims(mulDims(-3, 0), 0)).toBe(0)
    expect(subDims(0, 0)).toBe(0)
  })
})
