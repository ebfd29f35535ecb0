import { expect, test } from 'vitest'
import { sink } from '../../../src/heads/detectors/sink.ts'
import { numbered, scoreOf, words } from '../../support/detect.ts'

test('attention to the first token; the first row, which has no choice, does not count', async () => {
  const A = numbered(3)
  A[0]![0] = 1
  expect(await scoreOf(sink, words('a', 'b', 'c'), A)).toBeCloseTo((A[1]![0]! + A[2]![0]!) / 2, 6)
})
