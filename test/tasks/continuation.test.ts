import { expect, test } from 'vitest'
import { continued, splitWord } from '../../src/tasks/continuation.ts'
import type { Tokenizer } from '../../src/text/tokenizer.ts'
import { wordTokenizer } from '../support/word-tokenizer.ts'

const row = { text: 'Tom saw', answers: [' Mary'], distractors: [' Ben Bolt'] }

test('continuations are what comes after the ids of the text', async () => {
  const tokenizer = wordTokenizer({ first: 900 })
  const [first, tom, saw, mary, ben, bolt] = await tokenizer.encode('Tom saw Mary Ben Bolt')
  expect(await continued(row, tokenizer)).toEqual({
    text: [first, tom, saw],
    answers: [[mary]],
    distractors: [[ben, bolt]],
  })
})

test('a word that merges with the end of the text leaves the row out; after a space it does not', async () => {
  expect(await continued({ ...row, answers: ['Mary'] }, wordTokenizer())).toBe(
    '"Mary" does not begin at a token of its own',
  )
  expect(await continued({ ...row, answers: [' Mary'] }, wordTokenizer())).toBeTypeOf('object')
})

test('words of different spelling and equal tokens leave the row out', async () => {
  const lower = wordTokenizer()
  const folding = { encode: text => lower.encode(text.toLowerCase()) } as Tokenizer
  const same = { ...row, distractors: [' MARY'] }
  expect(await continued(same, folding)).toBe('" MARY" has the tokens of an answer')
  expect(await continued(same, wordTokenizer())).toBeTypeOf('object')
})

test('words must go on alike after both texts of a pair', async () => {
  const plain = wordTokenizer()
  // After "ate" every word is taken apart.
  const moody = {
    encode: text => plain.encode(text.replace(/ate (.)/, 'ate $1 ')),
  } as Tokenizer
  const pair = { ...row, distractors: [] }
  expect(await continued({ ...pair, other: 'Tom ate' }, moody)).toBe(
    '" Mary" is tokenised differently after the two texts',
  )
  expect(await continued({ ...pair, other: 'Tom met' }, moody)).toBeTypeOf('object')
})

test('the first word of several tokens is named with their number', async () => {
  const ids = await continued(row, wordTokenizer())
  if (typeof ids === 'string') throw new Error(ids)
  expect(splitWord(row, ids)).toBe('" Ben Bolt" is 2 tokens, not one')
  expect(splitWord(row, { ...ids, distractors: [[3]] })).toBeUndefined()
})
