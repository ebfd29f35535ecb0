import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadTokenizer } from '../../src/text/load.ts'
import { HeadwiseError } from '../../src/words/error.ts'
import { fromObject, healthy } from './make.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const specimen = await loadTokenizer({ kind: 'json', file: 'specimen', json: read('models/specimen/tokenizer.json') })
const llama3 = await fromObject(
  (JSON.parse(read('test/fixtures/tokenizers/llama3.json')) as { tokenizer: unknown }).tokenizer,
)
const small = await fromObject(healthy().json)

/** Any text without half characters, with what tokenizers stumble over more often than by chance. */
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        ' ',
        '  ',
        '\n',
        '\r\n',
        '\u0085',
        '\ufeff',
        "'s",
        '007',
        '<|endoftext|>',
        '\u0301',
        '\u2581',
        '\u0000',
        'aaaa',
      ),
    ),
    { maxLength: 8 },
  )
  .map(parts => parts.join(''))

test.each([
  ['specimen', specimen],
  ['llama3', llama3],
  ['small', small],
])('%s: text to ids and back is the same text', async (_, t) => {
  await fc.assert(
    fc.asyncProperty(text, async s => {
      for (const special of ['recognise', 'plain'] as const) {
        const ids = await t.encode(s, { special, first: false })
        expect(t.decode(ids)).toBe(s)
        expect(ids.every(id => Number.isInteger(id) && id >= 0 && id < t.vocabSize)).toBe(true)
      }
      const ids = await t.encode(s)
      const stream = t.decodeStream()
      expect(ids.map(id => stream.push(id)).join('') + stream.flush()).toBe(t.decode(ids))
    }),
    { numRuns: 300 },
  )
})

test('any ids decode, streamed or not, to the same text', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: specimen.vocabSize - 1 }), { maxLength: 30 }), ids => {
      const stream = specimen.decodeStream()
      expect(ids.map(id => stream.push(id)).join('') + stream.flush()).toBe(specimen.decode(ids))
      for (const id of ids) expect(specimen.tokenText(id)).not.toContain('\ufffd')
    }),
    { numRuns: 500 },
  )
})

test('BPE joins like the plain definition: the first rank, from the left, until nothing is left', async () => {
  const { merges, vocab } = healthy()
  const ranks = new Map((merges as [string, string][]).map((m, i) => [m.join(' '), i]))
  const reference = (s: string): number[] => {
    const parts = [...s]
    for (;;) {
      const found = parts.slice(1).map((p, i) => ranks.get(`${parts[i]} ${p}`) ?? Number.POSITIVE_INFINITY)
      const best = Math.min(...found)
      if (best === Number.POSITIVE_INFINITY) return parts.map(p => vocab[p] as number)
      const at = found.indexOf(best)
      parts.splice(at, 2, `${parts[at]}${parts[at + 1]}`)
    }
  }
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: fc.constantFrom('a', 't', 'h', 'e'), maxLength: 40 }), async s => {
      expect(await small.encode(s)).toEqual(reference(s))
    }),
  )
})

test('a changed tokenizer.json loads or ends in one sentence', async () => {
  const whole = JSON.stringify(healthy().json)
  const scrap = fc.constantFrom(
    '',
    '0',
    '-1',
    '1e9',
    'null',
    '[]',
    '{}',
    '"',
    '\\',
    '"type":"Sequence",',
    'true',
    '\u0000',
  )
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length), fc.nat(40), scrap, async (at, length, put) => {
      const json = whole.slice(0, at) + put + whole.slice(at + length)
      try {
        const t = await loadTokenizer({ kind: 'json', file: 't.json', json })
        t.decode(await t.encode('the <|end|> text 42'))
      } catch (error) {
        expect(error).toBeInstanceOf(HeadwiseError)
        expect((error as HeadwiseError).fault).toBe('data')
      }
    }),
    { numRuns: 1000 },
  )
})
