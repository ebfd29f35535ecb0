import { expect, test } from 'vitest'
import { induction } from '../../../src/heads/detectors/induction.ts'
import { numbered, scoreOf, words } from '../../support/detect.ts'

test('attention from a repeated token to what followed its earlier occurrences', async () => {
  // Rows 3 (a) and 5 (a) and 4 (b) repeat: K = {1}, {1, 4}, {2}.
  const prompt = words('a', 'b', 'c', 'a', 'b', 'a')
  expect(induction.queries(prompt)).toEqual([3, 4, 5])
  const A = numbered(6)
  expect(await scoreOf(induction, prompt, A)).toBeCloseTo((A[3]![1]! + A[4]![2]! + (A[5]![1]! + A[5]![4]!)) / 3, 6)
})

test('what follows an earlier occurrence must itself be earlier', async () => {
  const prompt = words('a', 'a')
  expect(induction.keys?.(prompt, 1)).toEqual([])
  expect(await scoreOf(induction, prompt, numbered(2))).toBe(0)
})

test('a text without repetition has no row that counts', () => {
  expect(induction.queries(words('a', 'b', 'c'))).toEqual([])
})
