import { describe, expect, test } from 'vitest'
import {
  addDims,
  broadcastShapes,
  type Dim,
  dim,
  dimKey,
  dimNames,
  evaluateDim,
  mulDims,
  sameDim,
  shapeText,
  subDims,
} from '../../src/graph/dim.ts'

test('equal polynomials are the same size however they were built', () => {
  const [past, time] = [dim('past'), dim('time')]
  expect(sameDim(subDims(addDims(past, time), past), time)).toBe(true)
  expect(sameDim(mulDims(2, addDims(past, time)), addDims(mulDims(2, past), addDims(time, time)))).toBe(true)
  expect(sameDim(past, time)).toBe(false)
  expect(dimNames(mulDims(past, addDims(time, past))).sort()).toEqual(['past', 'time'])
})

test('sizes read as a formula', () => {
  const [batch, time] = [dim('batch'), dim('time')]
  expect(shapeText([3, batch, subDims(mulDims(batch, time), 2), mulDims(-2, time)])).toBe(
    '[3, batch, batch*time - 2, -2*time]',
  )
})

describe('broadcasting', () => {
  const time = dim('time')
  test.for<[readonly Dim[], readonly Dim[], readonly Dim[] | undefined]>([
    [[2, 3], [3], [2, 3]],
    [[], [2, 1], [2, 1]],
    [
      [2, 1],
      [1, 5],
      [2, 5],
    ],
    [[0], [1], [0]],
    [[0], [2], undefined],
    [[2], [3], undefined],
    [[time], [1], [time]],
    [[time], [time], [time]],
    [[time], [2], undefined],
    [[time], [dim('past')], undefined],
  ])('%s with %s', ([a, b, expected]) => {
    for (const found of [broadcastShapes(a, b), broadcastShapes(b, a)]) {
      if (expected === undefined) expect(found).toBeUndefined()
      else expect(found?.map(dimKey)).toEqual(expected.map(dimKey))
    }
  })
})

test('a size without a value is named together with those that have one', () => {
  expect(() => evaluateDim(addDims(dim('past'), dim('time')), { time: 3 })).toThrow(
    'The size "past" was given no value; known are time.',
  )
  expect(evaluateDim(addDims(dim('past'), dim('time')), { time: 3, past: 2 })).toBe(5)
})
