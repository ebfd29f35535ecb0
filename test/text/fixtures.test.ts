import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadTokenizer } from '../../src/text/load.ts'
import type { GgufSource } from '../../src/text/source.ts'

/** Written by test/fixtures/tokenizers/make.py; what is left out equals the text, or the ids. */
interface Case {
  readonly text: string
  readonly ids: number[]
  readonly plain?: number[]
  readonly decoded?: string
  readonly skipped?: string
}
interface Fixture {
  readonly tokenizer: unknown
  readonly gguf: Pick<GgufSource, 'model' | 'tokens'>
  readonly first?: number
  readonly cases: Case[]
}

const read = (name: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../fixtures/tokenizers/${name}.json`), 'utf8')) as Fixture

describe.each(['llama3', 'metaspace', 'sentencepiece'])('%s', name => {
  const { tokenizer, gguf, first, cases } = read(name)
  const loading = loadTokenizer(
    tokenizer === undefined
      ? { kind: 'gguf', file: name, ...gguf }
      : { kind: 'json', file: name, json: JSON.stringify(tokenizer) },
  )

  test('500 strings have the ids and the text of Hugging Face tokenizers', async () => {
    const t = await loading
    expect(cases).toHaveLength(500)
    for (const { text, ids, plain = ids, decoded = text, skipped = decoded } of cases) {
      const seen = {
        text,
        ids: await t.encode(text, { first: false }),
        plain: await t.encode(text, { first: false, special: 'plain' }),
        decoded: t.decode(ids),
        skipped: t.decode(ids, { special: 'skip' }),
      }
      expect(seen).toEqual({ text, ids, plain, decoded, skipped })
    }
  })

  test('streamed decoding adds up to the whole', async () => {
    const t = await loading
    for (const { text, ids } of cases) {
      const stream = t.decodeStream()
      const parts = [...ids.map(id => stream.push(id)), stream.flush()]
      expect(parts.join(''), JSON.stringify(text)).toBe(t.decode(ids))
    }
  })

  test('the first token', async () => {
    const t = await loading
    const expected = name === 'sentencepiece' ? 1 : first
    expect(t.firstToken).toBe(expected)
    expect(await t.encode('')).toEqual(expected === undefined ? [] : [expected])
  })
})
