import { expect, test } from 'vitest'
import { headList } from '../../src/cli/heads.ts'
import { places, placesText } from '../../src/cli/places.ts'

test('heads between commas, spaces allowed', () => {
  expect(headList('--heads')('6.5, 0.0,10.12')).toEqual([
    { layer: 6, head: 5 },
    { layer: 0, head: 0 },
    { layer: 10, head: 12 },
  ])
})

test.each([
  ['all', 'all', 'all'],
  ['last', 'last', 'last'],
  ['3', [3], '3'],
  ['3,5-7', [3, 5, 6, 7], '3, 5, 6, 7'],
  ['text: red', { text: ' red' }, '" red"'],
])('positions %s', (given, expected, said) => {
  const found = places('--at')(given)
  expect(found).toEqual(expected)
  expect(placesText(found)).toBe(said)
})
