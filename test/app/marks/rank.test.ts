import { expect, test } from 'vitest'
import { ranksOf, rankWords, shownCells } from '../../../app/src/marks/rank.ts'

const score = { values: [0.1, -0.9, Number.NaN, 0.5, 0.5, 0] }

test('heads stand by the size of their score; equal ones share a place, and what was not measured has none', () => {
  expect(ranksOf(score).map(r => r?.place)).toEqual([4, 1, undefined, 2, 2, 5])
  expect(ranksOf(score)[0]).toEqual({ place: 4, of: 5 })
})

test('places are said as people say them', () => {
  const say = (place: number) => rankWords({ place, of: 64 })
  expect([1, 2, 3, 4, 11, 12, 13, 21, 22].map(say)).toEqual(
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '22nd'].map(w => `${w} of 64 heads`),
  )
})

test('a range or so many of the largest are shown, with all that equal the last of them', () => {
  expect(shownCells(score, {})).toBeUndefined()
  expect(shownCells(undefined, { top: 2 })).toBeUndefined()
  expect([...shownCells(score, { range: [0, 0.2] })!]).toEqual([0, 5])
  expect([...shownCells(score, { top: 1 })!]).toEqual([1])
  expect([...shownCells(score, { top: 2 })!]).toEqual([1, 3, 4])
  expect(shownCells(score, { top: 99 })?.size).toBe(5)
})
