import fc from 'fast-check'
import { bool, f32, i32, type NDArray, sizeOf } from '../../src/words/arrays.ts'

const SPECIAL = [
  Number.NaN,
  0,
  -0,
  1,
  -1,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -1e30,
  1e-30,
  -104,
  3.5e4,
]

export const plainFloat = fc.integer({ min: -4096, max: 4096 }).map(n => n / 1024)
/** Mostly small numbers; NaN, ±0, ±∞, large negative and tiny ones among them. */
export const anyFloat = fc.oneof(
  { weight: 4, arbitrary: plainFloat },
  { weight: 1, arbitrary: fc.constantFrom(...SPECIAL) },
)
/** The same without NaN, which the runtime's comparisons skip or keep as they please. */
export const number = anyFloat.filter(x => !Number.isNaN(x))
export const size = fc.oneof(
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.constant(1) },
  { weight: 5, arbitrary: fc.integer({ min: 2, max: 5 }) },
)
export const shape = (min = 0, max = 4) => fc.array(size, { minLength: min, maxLength: max })

const cells = (n: number, cell: fc.Arbitrary<number>) => fc.array(cell, { minLength: n, maxLength: n, size: 'max' })

export const floats = (s: readonly number[], cell: fc.Arbitrary<number> = anyFloat): fc.Arbitrary<NDArray<'f32'>> =>
  cells(sizeOf(s), cell).map(v => f32(s, Float32Array.from(v)))
export const ints = (s: readonly number[], min = -1000, max = 1000): fc.Arbitrary<NDArray<'i32'>> =>
  cells(sizeOf(s), fc.integer({ min, max })).map(v => i32(s, Int32Array.from(v)))
export const bools = (s: readonly number[]): fc.Arbitrary<NDArray<'bool'>> =>
  cells(sizeOf(s), fc.integer({ min: 0, max: 1 })).map(v => bool(s, Uint8Array.from(v)))

/** `count` shapes that broadcast to one: leading axes left out, others of size 1. */
export const broadcastable = (count: number): fc.Arbitrary<number[][]> =>
  shape().chain(whole =>
    fc.array(
      fc
        .tuple(fc.nat({ max: whole.length }), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }))
        .map(([from, ones]) => whole.slice(from).map((d, i) => (ones[i] ? 1 : d))),
      { minLength: count, maxLength: count },
    ),
  )
