import { describe, expect, test } from 'vitest'
import { dim } from '../../src/graph/dim.ts'
import { flopsOf, nodesByScope, peakBytesOf } from '../../src/graph/measure.ts'
import { attention } from '../../src/graph/primitives/attention.ts'
import { linear, matmul } from '../../src/graph/primitives/contract.ts'
import { add, exp, mul } from '../../src/graph/primitives/elementwise.ts'
import { input, weight } from '../../src/graph/primitives/leaf.ts'
import { sum } from '../../src/graph/primitives/reduce.ts'
import { expand } from '../../src/graph/primitives/shape.ts'
import { scoped } from '../../src/graph/sym.ts'
import { outputsOf } from '../support/run.ts'

const [batch, time, past] = [dim('batch'), dim('time'), dim('past')]

describe('counted operations', () => {
  const x = input('x', 'f32', [batch, time, 8])
  test('a linear map: 2 · rows · in · out, its bias and elementwise work not counted', () => {
    const y = exp(linear(x, weight('w', [5, 8]), weight('b', [5])))
    expect(flopsOf(outputsOf({ y }), { batch: 2, time: 3 })).toBe(2 * 6 * 8 * 5)
  })
  test('a product of stacks that broadcast', () => {
    const y = matmul(x, input('m', 'f32', [8, 4]))
    expect(flopsOf(outputsOf({ y }), { batch: 2, time: 3 })).toBe(2 * 6 * 8 * 4)
  })
  test('causal attention: each query meets the past and the keys up to itself, for scores and for values', () => {
    const q = input('q', 'f32', [batch, time, 6, 16])
    const k = input('k', 'f32', [batch, past, 2, 16])
    const after = input('k', 'f32', [batch, time, 2, 16])
    const a = { scale: 1, tile: 4, tiles: 2 }
    const visible = (t: number, p: number) => Array.from({ length: t }, (_, i) => p + i + 1).reduce((n, m) => n + m, 0)
    expect(flopsOf(outputsOf({ z: attention(q, after, after, a) }), { batch: 3, time: 5 })).toBe(
      3 * 6 * visible(5, 0) * 16 * 4,
    )
    expect(flopsOf(outputsOf({ z: attention(q, k, k, a) }), { batch: 3, time: 5, past: 7 })).toBe(
      3 * 6 * visible(5, 2) * 16 * 4,
    )
  })
  test('a shared node counts once', () => {
    const y = linear(x, weight('w', [5, 8]))
    expect(flopsOf(outputsOf({ y, z: add(y, y) }), { batch: 1, time: 1 })).toBe(80)
  })
})

test('nodes are counted for each part of the model, leaves left out', () => {
  const x = input('x', 'f32', [2])
  const a = scoped('decoder.0', () => mul(exp(x), exp(x)))
  const b = scoped('decoder.1', () => exp(a))
  expect(Object.fromEntries(nodesByScope(outputsOf({ b })))).toEqual({ 'decoder.0': 3, 'decoder.1': 1 })
  expect(Object.fromEntries(nodesByScope(outputsOf({ a })))).toEqual({ 'decoder.0': 3 })
})

describe('bytes alive', () => {
  const x = input('x', 'f32', [time])
  const wide = (s: typeof x) => expand(s, [100, time])
  test('a chain holds a value and its operand', () => {
    const y = sum(exp(exp(wide(x))), 0)
    // x, and of the three wide values two at a time.
    expect(peakBytesOf(outputsOf({ y }), { time: 10 })).toBe(4 * 10 * (1 + 200))
  })
  test('a value that is used again later stays', () => {
    const w = wide(x)
    const y = sum(add(exp(exp(w)), w), 0)
    expect(peakBytesOf(outputsOf({ y }), { time: 10 })).toBe(4 * 10 * (1 + 300))
  })
  test('outputs stay to the end, weights never count', () => {
    const w = exp(wide(x))
    const y = sum(mul(exp(w), weight('w', [100, 1])), 0)
    expect(peakBytesOf(outputsOf({ wide: w, y }), { time: 10 })).toBe(4 * 10 * (1 + 300))
  })
  test('attention in tiles needs the scores of a tile, not of the whole', () => {
    const q = input('q', 'f32', [1, time, 8, 4])
    const bytes = (tile: number, tiles: number) =>
      peakBytesOf(outputsOf({ z: attention(q, q, q, { scale: 1, tile, tiles }) }), { time: 512 })
    const scores = (rows: number) => 4 * 8 * rows * 512
    expect(bytes(512, 1)).toBeGreaterThan(2 * scores(512))
    expect(bytes(64, 8)).toBeGreaterThan(2 * scores(64))
    expect(bytes(64, 8)).toBeLessThan(bytes(512, 1) / 3)
  })
})
