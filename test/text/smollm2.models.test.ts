import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { readGguf } from '../../src/checkpoint/gguf.ts'
import { ggufTokenizer } from '../../src/text/gguf-fields.ts'
import { loadTokenizer } from '../../src/text/load.ts'
import type { GgufSource } from '../../src/text/source.ts'
import type { Message, Tokenizer } from '../../src/text/tokenizer.ts'
import { fromObject } from './make.ts'

const shared = join(import.meta.dirname, '../../../shared')
const model = join(shared, 'models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf')
const here = existsSync(model)

interface Golden {
  readonly text: string
  readonly ids: number[]
  readonly ids_special: number[]
  readonly ids_plain: number[]
  readonly decoded: string
  readonly decoded_skip_special: string
}
const read = <T>(path: string) => JSON.parse(readFileSync(join(shared, path), 'utf8')) as T

describe.skipIf(!here)(here ? 'SmolLM2 from its GGUF file' : 'skipped: ../shared holds no SmolLM2', () => {
  let t: Tokenizer
  let source: GgufSource
  beforeAll(async () => {
    source = ggufTokenizer((await readGguf(model)).metadata, 'SmolLM2.gguf', 49_152)
    t = await loadTokenizer(source)
  })

  test('60 golden strings', async () => {
    const goldens = read<Golden[]>('golden/tokenizer.json')
    expect(goldens).toHaveLength(60)
    for (const g of goldens) {
      expect(await t.encode(g.text, { first: false })).toEqual(g.ids)
      expect(await t.encode(g.text)).toEqual(g.ids_special)
      expect(await t.encode(g.text, { special: 'plain' })).toEqual(g.ids_plain)
      expect(t.decode(g.ids)).toBe(g.decoded)
      expect(t.decode(g.ids, { special: 'skip' })).toBe(g.decoded_skip_special)
    }
  })

  test('the golden prompts, and the chat among them', async () => {
    const prompts = read<{ name: string; text: string; ids: number[]; messages?: Message[] }[]>('golden/logits.json')
    for (const p of prompts) expect(await t.encode(p.text), p.name).toEqual(p.ids)
    const chat = prompts.find(p => p.name === 'chat')
    expect(await t.encodeChat(chat?.messages ?? [])).toEqual(chat?.ids)
  })

  test('no first token, an end token, a token to begin random sequences with', () => {
    expect([t.firstToken, t.endTokens, t.bosLike, t.vocabSize]).toEqual([undefined, [2], 0, 49_152])
  })

  test('the same tokenizer as tokenizer.json has the same hash', async () => {
    const { tokens, merges } = source
    const special = [...t.specialIds].map(id => ({ id, content: tokens[id], special: true, normalized: false }))
    const twin = await fromObject({
      added_tokens: special,
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Digits', individual_digits: true },
          { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
        ],
      },
      decoder: { type: 'ByteLevel' },
      model: {
        type: 'BPE',
        vocab: Object.fromEntries(tokens.map((x, i) => [x, i])),
        merges,
      },
    })
    expect(twin.hash).toBe(t.hash)
  })
})
