import { expect, test } from 'vitest'
import { leftWords } from '../../../app/src/marks/left-words.ts'

const left = { before: { tokens: 3, probability: 0.43 }, after: { tokens: 1, probability: 0.303 } }

test('how the next token is drawn, and what is left to draw from', () => {
  expect(leftWords({}, undefined, false)).toBe('The continuation takes the likeliest token each time.')
  expect(leftWords({ temperature: 2 }, null, false)).toBe('The continuation draws from all tokens.')
  expect(leftWords({ topK: 5 }, undefined, false)).toBe('Draws from …')
  expect(leftWords({ topK: 5 }, { before: left.before, after: left.before }, false)).toBe(
    'Draws from 3 tokens that hold 43.0%; pale ones are left out.',
  )
  expect(leftWords({ topP: 0.2 }, left, true)).toBe(
    'Draws from 1 token that holds 30.3% (without the edits 3, 43.0%); pale ones are left out.',
  )
})
