import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  isForm,
  mismatch,
  placeWords,
  readParse,
  readWord,
  rootsOf,
  treeFault,
  writeWord,
} from '../../src/text/parse.ts'
import { refusal } from '../support/refusal.ts'

const forms = (...words: string[]) => words.map(form => ({ form }))
const heads = (...list: number[]) => list.map(head => ({ head }))

test('a written word comes back, whatever its form', () => {
  const form = fc.oneof(
    fc.string({ unit: 'binary' }).filter(isForm),
    fc.constantFrom(':', '3:1', ',', 'a:5:x', '%', '', 'New York', 'don’t'),
  )
  const relation = fc.constantFrom('obj', 'nsubj:pass', 'ROOT', 'comp:obj@x', 'obl_arg')
  fc.assert(
    fc.property(fc.record({ form, head: fc.nat(4096), relation }), word => {
      expect(readWord(writeWord(word))).toEqual(word)
    }),
  )
  for (const text of ['', 'key', 'key:4', 'key:x:obj', 'key:12345:obj', ' key:4:obj', 'key:4:', 'key:4:4obj'])
    expect(readWord(text), text).toBeUndefined()
})

test('words are found in the text with nothing but whitespace between them', () => {
  expect(placeWords(' Don’t  go\n', forms('Do', 'n’t', 'go'))).toEqual({
    spans: [
      [1, 3],
      [3, 6],
      [8, 10],
    ],
  })
  // The two parts of French “du”.
  expect(placeWords('du pain', forms('du', '', 'pain'))).toEqual({
    spans: [
      [0, 2],
      [0, 2],
      [3, 7],
    ],
  })
  expect(placeWords('', [])).toEqual({ spans: [] })
})

test('where text and words part, the word is named', () => {
  expect(mismatch('One day', forms('One', 'day'))).toBeUndefined()
  expect(mismatch('One night', forms('One', 'day'))).toBe('word 2 is “day”, and the text goes on with “night”')
  expect(mismatch('One', forms('One', 'day'))).toBe('word 2 is “day”, and the text ends there')
  expect(mismatch('One day more', forms('One', 'day'))).toBe('the text goes on with “more” after the last of 2 words')
  expect(mismatch('du', forms('', 'du'))).toContain('word 1')
})

test('each word knows the root of its tree, and circles have none', () => {
  expect(rootsOf(heads(2, 0, 2, 5, 0))).toEqual([1, 1, 1, 4, 4])
  expect(rootsOf(heads(2, 3, 2, 0))).toEqual([-1, -1, -1, 3])
  expect(treeFault(heads(2, 0, 2))).toBeUndefined()
  expect(treeFault(heads(0, 4))).toEqual({ word: 1, fault: 'has the head 4, and the words are 1 to 2' })
  expect(treeFault(heads(0, 2))).toMatchObject({ word: 1, fault: expect.stringContaining('circle') })
})

test.each([
  [['key'], 'Word 1 of the parse is “key”; a word is written form:head:relation.'],
  [[':0:root'], 'Word 1 of the parse is “:0:root”; a word is written form:head:relation.'],
  [['a:2:det', 'key:1:obj'], 'Word 1 of the parse, “a”, leads to no root: its heads go round in a circle.'],
  [['a:9:det'], 'Word 1 of the parse, “a”, has the head 9, and the words are 1 to 1.'],
  [Array.from({ length: 4097 }, () => 'a:0:root'), 'The parse has 4097 words; at most 4096 are read.'],
])('a list of words that is no parse is refused: %#', async (words, sentence) => {
  const { code, message } = await refusal(() => readParse(words))
  expect({ code, message }).toEqual({ code: 'parse-words', message: sentence })
})
