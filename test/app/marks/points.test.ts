import { expect, test } from 'vitest'
import { nearestPoint, stepTo } from '../../../app/src/marks/points.ts'

const points = [
  { i: 4, x: 10, y: 10 },
  { i: 2, x: 30, y: 5 },
  { i: 7, x: 20, y: 40 },
]

test('the nearest point within reach is the one that is meant', () => {
  expect(nearestPoint(points, 12, 12, 14)).toBe(4)
  expect(nearestPoint(points, 22, 8, 14)).toBe(2)
  expect(nearestPoint(points, 60, 60, 14)).toBeUndefined()
})

test('one goes by one axis at a time, and stays at its ends', () => {
  expect([stepTo(points, 4, 'x', 1), stepTo(points, 7, 'x', 1), stepTo(points, 2, 'x', 1)]).toEqual([7, 2, 2])
  expect([stepTo(points, 4, 'y', -1), stepTo(points, 4, 'y', 1)]).toEqual([2, 7])
  expect(stepTo(points, 99, 'x', 1)).toBe(4)
})
