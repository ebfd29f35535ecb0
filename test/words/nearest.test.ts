import { expect, test } from 'vitest'
import { nearest } from '../../src/words/nearest.ts'

test.each([
  ['inducton', ['induction']],
  ['PATTERN', ['pattern']],
  ['entrpoy', ['entropy']],
  ['ab', ['a', 'abc']],
])('%s', (name, expected) => {
  expect(nearest(name, ['induction', 'pattern', 'entropy', 'a', 'abc', 'duplicate'])).toEqual(expected)
})

test('a name of a megabyte and an empty list cost nothing', () => {
  expect(nearest('x'.repeat(1e6), ['pattern'])).toEqual(['pattern'])
  expect(nearest('x', [])).toEqual([])
})
