import { expect, test } from 'vitest'
import { duplicate } from '../../../src/heads/detectors/duplicate.ts'
import { numbered, scoreOf, words } from '../../support/detect.ts'

test('attention from a repeated token to all its earlier occurrences', async () => {
  const prompt = words('a', 'b', 'a', 'a')
  const A = numbered(4)
  expect(await scoreOf(duplicate, prompt, A)).toBeCloseTo((A[2]![0]! + (A[3]![0]! + A[3]![2]!)) / 2, 6)
})

test('a text without repetition has no row that counts', () => {
  expect(duplicate.queries(words('a', 'b'))).toEqual([])
})
