import { expect, test } from 'vitest'
import { type Placed, type Places, positionsOf, readPositions } from '../../src/causal/places.ts'
import { refusal } from '../support/refusal.ts'

const WORDS = ['<s>', 'Tom', ' saw', ' a', ' red', ' cat', ' a']
const ids = [0, 1, 2, 3, 4, 5, 3]
const placed: Placed = {
  sample: { ids, read: { metric: 'kl' } },
  source: [0, 1, 2, 3, 6, 5, 4],
  tokenText: id => WORDS[id]!,
  name: 'pairs[2]',
}

test.each<[Places, number[] | undefined]>([
  ['all', undefined],
  ['first', [0]],
  ['last', [6]],
  ['different', [4, 6]],
  [
    [5, 2, 5],
    [2, 5],
  ],
  [{ text: ' red' }, [4]],
  [{ text: 'red c' }, [4, 5]],
  [{ text: 'om saw' }, [1, 2]],
])('%j', (places, expected) => expect(positionsOf(places, placed)).toEqual(expected))

test('the last position of a scored continuation is where its tokens are predicted', () => {
  const sample = { ids, read: { metric: 'sequence_logprob', from: 4 } } as const
  expect(readPositions(sample)).toEqual([3, 4, 5])
  expect(positionsOf('last', { ...placed, sample })).toEqual([3, 4, 5])
})

test.each<[string, Places, Partial<Placed>]>([
  ['a text that is not there', { text: ' blue' }, {}],
  ['a text that is there twice', { text: ' a' }, {}],
  ['an index outside', [7], {}],
  ['a difference without a pair', 'different', { source: undefined as never }],
  ['a difference of texts of unequal length', 'different', { source: [0, 1] }],
  ['two texts that are the same', 'different', { source: ids }],
])('%s is refused, and the row is named', async (_, places, more) => {
  const error = await refusal(() => positionsOf(places, { ...placed, ...more }))
  expect(error).toMatchObject({ code: 'places', fault: 'usage' })
  expect(error.message).toMatch(/^pairs\[2\]: /)
})
