import { describe, expect, test } from 'vitest'
import { themes } from '../../src/figures/colour.ts'
import { colourScale, ticks, valueAxis } from '../../src/figures/scale.ts'
import { unitOf } from '../../src/figures/unit.ts'
import { ablation, headMap } from './examples.ts'

test.each([
  [0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
  [-2.1, 3.2, 6, [-2, -1, 0, 1, 2, 3]],
  [0.0011, 0.0049, 4, [0.002, 0.003, 0.004]],
  [12, 987, 4, [500]],
  [5, 5.02, 4, [5, 5.005, 5.01, 5.015, 5.02]],
])('ticks from %d to %d are round numbers', (from, to, wanted, expected) => {
  expect(ticks(from, to, wanted)).toEqual(expected)
})

describe('values on a line', () => {
  test('zero is on it when it is near, and stays at the edge when nothing lies beyond', () => {
    expect(valueAxis([3, 10]).at(0)).toBe(0)
    expect(valueAxis([-3, -10]).at(0)).toBe(1)
    expect(valueAxis([100, 101]).at(0)).toBeLessThan(0)
  })
  test('equal, missing and infinite values leave a line to stand on', () => {
    for (const values of [[4, 4], [0], [], [Number.NaN, Number.POSITIVE_INFINITY]]) {
      const axis = valueAxis(values)
      expect(axis.ticks.length).toBeGreaterThan(0)
      expect(axis.at(axis.ticks[0]!)).toBeGreaterThanOrEqual(0)
    }
  })
})

describe('a colour scale', () => {
  const o = { theme: themes.light }
  test('is signed for differences and negative numbers, and spans the largest value', () => {
    expect(colourScale(headMap, Float64Array.of(0.1, 0.2), o)).toMatchObject({ signed: false, max: 0.2 })
    expect(colourScale(headMap, Float64Array.of(0.1, -0.4), o)).toMatchObject({ signed: true, max: 0.4 })
    expect(colourScale(ablation, Float64Array.of(0.1, 3), o)).toMatchObject({ signed: true, max: 3 })
    const cutOff = structuredClone(headMap)
    cutOff.spec.request.method = { id: 'token-knockout', version: 1, parameters: {} }
    expect(colourScale(cutOff, Float64Array.of(0.1, 0.2), o)).toMatchObject({ signed: true, max: 0.2 })
  })
  test('shares near the whole are drawn against the whole; a given largest value wins', () => {
    expect(colourScale(headMap, Float64Array.of(0.1, 0.92), o).max).toBe(1)
    expect(colourScale(headMap, Float64Array.of(0.1, 0.92), { ...o, max: 4 }).max).toBe(4)
  })
  test('infinities are the ends; zeros alone have a scale', () => {
    const scale = colourScale(ablation, Float64Array.of(2, Number.NEGATIVE_INFINITY), o)
    expect(scale.colour(Number.NEGATIVE_INFINITY)).toBe(scale.colour(-2))
    expect(colourScale(headMap, Float64Array.of(0, Number.NaN), o).max).toBe(1)
  })
})

test.each([
  ['loss, head removed (zero) minus clean, nats per token', 'nats per token'],
  ['mean entropy of attention, nats', 'nats'],
  ['logit_diff, head removed (zero) minus clean', 'logits'],
  ['mean attention to the first token', 'share of attention'],
  ['something', 'no unit'],
])('%s: %s', (metric, unit) => {
  expect(unitOf({ metric })).toBe(unit)
})
