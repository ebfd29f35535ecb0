import { expect, test } from 'vitest'
import { delimiter } from '../../../src/heads/detectors/delimiter.ts'
import { numbered, scoreOf, words } from '../../support/detect.ts'

test('attention to punctuation, line breaks and special tokens, from the second row on', async () => {
  const prompt = words('<s>', 'one', ',', 'two', '\n\n')
  expect(delimiter.keys?.(prompt, 4)).toEqual([0, 2, 4])
  const A = numbered(5)
  const sums = [1, 2, 3, 4].map(q => [0, 2, 4].filter(k => k <= q).reduce((s, k) => s + A[q]![k]!, 0))
  expect(await scoreOf(delimiter, prompt, A)).toBeCloseTo(sums.reduce((s, x) => s + x, 0) / 4, 6)
})

test.each([
  [' .', true],
  ['!?', true],
  [';', true],
  ['\n', true],
  ['e.g', false],
  ['-', false],
  [' ', false],
  ["'", false],
])('%j is a delimiter: %s', (text, is) => {
  expect(delimiter.keys?.(words('x', text), 1)).toEqual(is ? [1] : [])
})
