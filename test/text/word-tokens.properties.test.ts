import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadTokenizer } from '../../src/text/load.ts'
import { isForm, placeWords, type Span } from '../../src/text/parse.ts'
import { tokenSpans } from '../../src/text/token-spans.ts'
import { wordTokens } from '../../src/text/word-tokens.ts'
import { refusal } from '../support/refusal.ts'

const root = join(import.meta.dirname, '../..')
const json = readFileSync(join(root, 'models/specimen/tokenizer.json'), 'utf8')
const tokenizer = await loadTokenizer({ kind: 'json', file: 'specimen', json })

/** Words with or without a space behind them: so tokens reach over the ends of words, and words fall into tokens. */
const words = fc.array(
  fc.record({
    form: fc.oneof(
      fc.string({ minLength: 1, maxLength: 6 }).filter(isForm),
      fc.constantFrom(
        "don't",
        'n’t',
        '.',
        ',',
        'Lily',
        'antidisestablishmentarianism',
        '漢字',
        'née',
        '🙂',
        'New York',
      ),
    ),
    space: fc.constantFrom('', ' ', ' ', '  ', '\n'),
  }),
  { minLength: 1, maxLength: 12 },
)

/** Token by token and character by character. */
function slowly(places: readonly Span[], spans: readonly Span[]): number[][] {
  return places.map(([start, end]) =>
    spans.flatMap(([from, to], t) => {
      for (let c = start; c < end; c++) if (c >= from && c < to) return [t]
      return []
    }),
  )
}

test('the tokens of a word are those that hold one of its characters', async () => {
  await fc.assert(
    fc.asyncProperty(words, async list => {
      const text = list.map(w => w.form + w.space).join('')
      const places = placeWords(text, list)
      const ids = await tokenizer.encode(text, { special: 'plain' })
      const spans = tokenSpans(tokenizer, ids, text)
      // Words that run into each other may be found elsewhere; the tokenizer may not keep a text.
      fc.pre('spans' in places && spans !== undefined)
      if (!('spans' in places) || !spans) return
      const tokens = wordTokens(text, list, spans)
      expect(tokens).toEqual(slowly(places.spans, spans))
      // Added tokens stand in no word, and every token that holds more than spaces in one.
      const used = new Set(tokens.flat())
      for (const [t, [from, to]] of spans.entries())
        if (from === to || text.slice(from, to).trim() !== '')
          expect(used.has(t), `${t} of ${JSON.stringify(text)}`).toBe(from < to)
    }),
    { numRuns: 300 },
  )
})

test('a text that is another one is refused at the word', async () => {
  const spans: Span[] = [[0, 7]]
  expect((await refusal(() => wordTokens('One day', [{ form: 'One' }, { form: 'night' }], spans))).message).toBe(
    'The parse is not one of this text: word 2 is “night”, and the text goes on with “day”.',
  )
  expect((await refusal(() => wordTokens('One day', [{ form: 'One' }, { form: 'day' }], [[0, 3]]))).message).toBe(
    'Word 2 of the parse, “day”, has no token.',
  )
  expect((await refusal(() => wordTokens('One', [{ form: 'One' }], undefined))).code).toBe('parse-text')
})
