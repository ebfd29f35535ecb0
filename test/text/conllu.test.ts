import { expect, test } from 'vitest'
import { oneParse, readConllu } from '../../src/text/conllu.ts'
import { refusal } from '../support/refusal.ts'

/** A word line: number, form, head, relation, and what stands in MISC. */
const word = (id: number | string, form: string, head: number | string = '_', relation = '_', misc = '_') =>
  [id, form, '_', '_', '_', '_', head, relation, '_', misc].join('\t')
const file = (...lines: string[]) => `${lines.join('\n')}\n`

const OURS = file(
  '# sent_id = ours-1',
  '# text = Ben doesn’t run.',
  word(1, 'Ben', 4, 'nsubj'),
  word('2-3', 'doesn’t'),
  word(2, 'does', 4, 'aux'),
  word(3, 'n’t', 4, 'advmod'),
  word(4, 'run', 0, 'root', 'SpaceAfter=No'),
  word('4.1', 'fast'),
  word(5, '.', 4, 'punct'),
  '',
  word('1-2', 'du'),
  word(1, 'de', 3, 'case'),
  word(2, 'le', 3, 'det'),
  word(3, 'pain', 0, 'root', 'Gloss=bread|SpaceAfter=No'),
)

test('sentences, words that are written as one, empty nodes, comments and spaces', () => {
  expect(readConllu(OURS, 'ours.conllu')).toEqual([
    {
      id: 'ours-1',
      line: 3,
      text: 'Ben doesn’t run.',
      words: [
        { form: 'Ben', head: 4, relation: 'nsubj' },
        { form: 'does', head: 4, relation: 'aux' },
        { form: 'n’t', head: 4, relation: 'advmod' },
        { form: 'run', head: 0, relation: 'root' },
        { form: '.', head: 4, relation: 'punct' },
      ],
    },
    {
      line: 11,
      text: 'du pain',
      words: [
        { form: 'du', head: 3, relation: 'case' },
        { form: '', head: 3, relation: 'det' },
        { form: 'pain', head: 0, relation: 'root' },
      ],
    },
  ])
})

test('line ends of Windows, a byte order mark and a missing last line end change nothing', () => {
  const plain = readConllu(OURS, 'x')
  expect(readConllu(`\ufeff${OURS.replaceAll('\n', '\r\n')}`, 'x')).toEqual(plain)
  expect(readConllu(OURS.trimEnd(), 'x')).toEqual(plain)
})

test('several sentences are one parse whose heads count on', () => {
  expect(oneParse(readConllu(OURS, 'x')).map(w => w.head)).toEqual([4, 4, 4, 0, 4, 8, 8, 0])
})

test.each([
  ['', 'this text holds no parsed sentence.'],
  ['# text = alone\n', 'this text holds no parsed sentence.'],
  ['1 Ben _ _ _ _ 0 root _ _', 'line 1 has 1 fields; a word of CoNLL-U has 10, with tabs between them.'],
  [`${word(1, 'a', 0, 'root')}\tmore`, 'line 1 has more fields; a word of CoNLL-U has 10, with tabs between them.'],
  [word('x', 'a', 0, 'root'), 'line 1 has the number "x"; allowed are 1, 1-2 and 1.1.'],
  [word(2, 'a', 0, 'root'), 'line 1 has the number 2 where word 1 should stand.'],
  [word(1, '', 0, 'root'), 'line 1 has the form ""; a word neither is empty nor begins or ends with a space.'],
  [word(1, 'a'), 'line 1 has the head "_"; every word needs the number of its head, 0 for the root.'],
  [word(1, 'a', 0), 'line 1 has the relation "_"; one begins with a letter, as nsubj or nsubj:pass do.'],
  [word(1, 'a', 7, 'dep'), 'line 1 has the head 7, and the words are 1 to 1.'],
  [file(word(1, 'a', 2, 'dep'), word(2, 'b', 1, 'dep')), 'line 1 leads to no root: its heads go round in a circle.'],
  [
    file(word(1, 'a', 0, 'root'), word(2, 'b', 0, 'root')),
    'line 2 is a second root; a sentence has one word with the head 0.',
  ],
  [file(word(1, 'a', 0, 'root'), '# late'), 'line 2 is a comment between words; comments stand before them.'],
  [
    file('# text = a c', word(1, 'a', 0, 'root'), word(2, 'b', 1, 'dep')),
    'the sentence at line 2 is not its # text: word 2 is “b”, and the text goes on with “c”.',
  ],
  [
    file(word('1-3', 'abc'), word(1, 'a', 0, 'root')),
    'the sentence at line 1 ends before word 3, which a range of it names.',
  ],
  [file(word('1-2', 'ab'), word('1-2', 'ab')), 'line 2 has the range 1-2, which does not cover the words from 1 on.'],
  [file(word(1, 'a', 0, 'root'), word('3.1', 'b')), 'line 2 has the empty node 3.1 after word 1.'],
])('what is no CoNLL-U is refused in one sentence: %#', async (text, sentence) => {
  const { message, code, file: of } = await refusal(() => readConllu(text, 'bad.conllu'))
  expect(message).toBe(`bad.conllu: ${sentence}`)
  expect({ code, of }).toEqual({ code: expect.stringMatching(/^conllu-/), of: 'bad.conllu' })
})

test('hostile texts end quickly, in a sentence', async () => {
  const long = Array.from({ length: 5000 }, (_, i) => word(i + 1, 'a', i, 'dep')).join('\n')
  expect((await refusal(() => readConllu(long, 'x'))).message).toContain('at most 4096')
  const many = `${word(1, 'a', 0, 'root')}\n\n`.repeat(100_001)
  expect((await refusal(() => readConllu(many, 'x'))).message).toContain('begins sentence 100001')
  const wide = '\t'.repeat(5e6)
  expect((await refusal(() => readConllu(`1${wide}`, 'x'))).message).toContain('more fields')
  expect((await refusal(() => readConllu('\n'.repeat(5e6), 'x'))).code).toBe('conllu-empty')
  const { message } = await refusal(() => readConllu(word(1, `\u001b[31m${'a'.repeat(1e6)} `, 0, 'root'), 'x'))
  expect(message.length).toBeLessThan(400)
  expect(message).not.toContain('\u001b')
})
