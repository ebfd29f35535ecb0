import { expect, test } from 'vitest'
import { offset } from '../../../src/heads/detectors/offset.ts'
import { previous } from '../../../src/heads/detectors/previous.ts'
import { numbered, scoreOf, words } from '../../support/detect.ts'

const prompt = words('a', 'b', 'c', 'd')
const A = numbered(4)

test('attention so many places back, from the first row that has such a place', async () => {
  expect(await scoreOf(offset(2), prompt, A)).toBeCloseTo((A[2]![0]! + A[3]![1]!) / 2, 6)
  expect(await scoreOf(offset(0), prompt, A)).toBeCloseTo((A[0]![0]! + A[1]![1]! + A[2]![2]! + A[3]![3]!) / 4, 6)
})

test('one place back is the previous token', async () => {
  expect(await scoreOf(offset(1), prompt, A)).toBe(await scoreOf(previous, prompt, A))
})

test('no text is long enough for a place beyond its beginning', () => {
  expect(offset(4).queries(prompt)).toEqual([])
})
