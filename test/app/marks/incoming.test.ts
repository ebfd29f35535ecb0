import { expect, test } from 'vitest'
import { mostReceiving, receivedBy, receivedWords } from '../../../app/src/marks/incoming.ts'

/** What six queries give to token 2. */
const ROW = [0, 0, 0.25, 0.5, 0.015, 0.125]

test('what later queries give is in one of the parts, what the token gives itself apart', () => {
  const received = receivedBy(ROW, [2], 0.05)
  expect(received).toEqual({ arcs: [3, 5], onArcs: 0.625, others: 1, onOthers: expect.closeTo(0.015, 9), own: 0.25 })
  expect(receivedWords(received, 1, 0.05)).toBe(
    'Receives 0.640 from 3 later tokens, of 1 that each gives in all: 0.625 from 2 tokens at 0.05 or more, 0.0150 from 1 token without an arc. 0.250 from itself.',
  )
  expect(receivedWords(receivedBy(ROW, [2], 0.6), 1, 0.6)).toContain('none gives 0.6 or more')
})

test('a set is told of together, and from the last token on nobody attends', () => {
  const set = receivedBy(ROW, [2, 4], 0.05)
  expect(set).toMatchObject({ arcs: [3, 5], own: 0.265 })
  expect(receivedWords(set, 2, 0.05)).toBe(
    'Receive 0.625 from 2 other tokens, of 1 that each gives in all; to each other and themselves they give 0.265.',
  )
  expect(receivedWords(receivedBy(ROW, [5], 0.05), 1, 0.05)).toContain('choose an earlier one')
  expect(receivedWords(receivedBy(ROW, [4, 5], 0.05), 2, 0.05)).toContain('No token comes after them')
})

test('the token worth turning to is neither the first nor the query', () => {
  expect(mostReceiving([0.7, 0.05, 0.05, 0.2], 3)).toBe(1)
  expect(mostReceiving([0.7, 0.05, 0.15, 0.1], 3)).toBe(2)
  expect(mostReceiving([1, 0, 0], 2)).toBeUndefined()
})
