import { expect, test } from 'vitest'
import { previous } from '../../../src/heads/detectors/previous.ts'
import { numbered, scoreOf, words } from '../../support/detect.ts'

test('attention to the token before, from the second row on', async () => {
  const A = numbered(4)
  const prompt = words('a', 'b', 'c', 'd')
  expect(await scoreOf(previous, prompt, A)).toBeCloseTo((A[1]![0]! + A[2]![1]! + A[3]![2]!) / 3, 6)
})

test('one token has no row before it', () => {
  expect(previous.queries(words('a'))).toEqual([])
})
