import { expect } from 'vitest'
import type { NDArray } from '../../src/words/arrays.ts'

export interface Tolerance {
  /** Relative to the expected value. */
  readonly rtol?: number
  readonly atol?: number
}

const agree = (found: number, expected: number, rtol: number, atol: number): boolean =>
  Object.is(found, expected) || found === expected || Math.abs(found - expected) <= atol + rtol * Math.abs(expected)

/** The first disagreement, or undefined: equal types and shapes, NaN only where NaN is expected, equal infinities. */
function difference(found: NDArray, expected: NDArray, { rtol = 0, atol = 0 }: Tolerance): string | undefined {
  const type = (a: NDArray) => `${a.dtype}[${a.shape.join(', ')}] of ${a.data.length}`
  if (type(found) !== type(expected)) return `found ${type(found)}, expected ${type(expected)}`
  for (let i = 0; i < expected.data.length; i++)
    if (!agree(found.data[i]!, expected.data[i]!, rtol, atol))
      return `cell ${i} of ${type(expected)} is ${found.data[i]}, expected ${expected.data[i]} (rtol ${rtol}, atol ${atol})`
  return undefined
}

declare module 'vitest' {
  interface Matchers<T> {
    /** Cells agree within `atol + rtol·|expected|`; types and shapes are equal. */
    toBeAllclose(expected: NDArray, tolerance?: Tolerance): void
  }
}

expect.extend({
  toBeAllclose(found: NDArray, expected: NDArray, tolerance: Tolerance = {}) {
    const why = difference(found, expected, tolerance)
    return { pass: why === undefined, message: () => why ?? 'every cell agrees' }
  },
})
