import fc from 'fast-check'
import { expect, test } from 'vitest'
import { age, digits, percent, points, signed, withInterval } from '../../../app/src/marks/number.ts'
import { pieces, tokenLabel } from '../../../app/src/marks/token-text.ts'
import { wordDiff, wordsOf } from '../../../app/src/marks/word-diff.ts'

test('numbers have the digits that one can use', () => {
  expect([0.9512, 12.34, 1234.5, -0.5, 0, 1e-9, Number.NaN, -Infinity].map(x => digits(x))).toEqual([
    '0.951',
    '12.3',
    '1235',
    '−0.500',
    '0',
    '1.00e−9',
    'not measured',
    '−∞',
  ])
  expect([0.2, -0.2, 0].map(x => signed(x, 2))).toEqual(['+0.20', '−0.20', '0'])
  expect([0.9721, 0.03671, 0.00021, 0.00001, 0, 1, 0.09996].map(percent)).toEqual([
    '97.2%',
    '3.67%',
    '0.02%',
    '<0.01%',
    '0.00%',
    '100.0%',
    '10.0%',
  ])
  expect([-0.462, 0.0312, 0.0001].map(points)).toEqual(['−46.2', '+3.1', '0'])
  expect(withInterval(0.951, 0.941, 0.957)).toBe('0.951 [0.941, 0.957]')
  expect(withInterval(0.951, undefined, undefined)).toBe('0.951')
  expect([420, 12_000, 200_000].map(age)).toEqual(['0.4 s old', '12 s old', '3 min old'])
})

test('whitespace is visible, and nothing in a token commands the page', () => {
  expect(pieces(' Mary')).toEqual([
    { text: '·', mark: true },
    { text: 'Mary', mark: false },
  ])
  expect(pieces('\n\t')).toEqual([{ text: '↵⇥', mark: true }])
  expect(pieces('')).toEqual([{ text: '∅', mark: true }])
  expect(pieces('a\u202eb')).toEqual([{ text: 'a\\u202eb', mark: false }])
  expect(tokenLabel(' Mary')).toBe('“ Mary”')
  expect(tokenLabel('\n')).toBe('“↵”')
})

test('words that differ are marked, and the words together are the text', () => {
  const [a, b] = wordDiff(' Mary. The end', ' Tom. The very end')
  expect(a.filter(w => !w.same).map(w => w.text)).toEqual([' Mary.'])
  expect(b.filter(w => !w.same).map(w => w.text)).toEqual([' Tom.', ' very'])
  fc.assert(
    fc.property(fc.string(), fc.string(), (x, y) => {
      const [p, q] = wordDiff(x, y)
      expect(p.map(w => w.text)).toEqual(wordsOf(x))
      expect(q.map(w => w.text)).toEqual(wordsOf(y))
      expect(p.filter(w => w.same).map(w => w.text)).toEqual(q.filter(w => w.same).map(w => w.text))
    }),
  )
  expect(
    wordDiff('a b', 'a b')
      .flat()
      .every(w => w.same),
  ).toBe(true)
})
