import { expect, test } from 'vitest'
import { offset } from '../../../src/heads/detectors/offset.ts'
import { self } from '../../../src/heads/detectors/self.ts'
import { numbered, scoreOf, words } from '../../support/detect.ts'

const prompt = words('a', 'b', 'c', 'd')

test('attention to the token itself, without the first, which can attend to nothing else', async () => {
  const A = numbered(4)
  expect(await scoreOf(self, prompt, A)).toBeCloseTo((A[1]![1]! + A[2]![2]! + A[3]![3]!) / 3, 6)
  const all = (await scoreOf(offset(0), prompt, A)) * 4
  expect(await scoreOf(self, prompt, A)).toBeCloseTo((all - A[0]![0]!) / 3, 6)
})

test('one token tells nothing', () => {
  expect(self.queries(words('a'))).toEqual([])
})
