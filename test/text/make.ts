import { loadTokenizer } from '../../src/text/load.ts'
import type { GgufSource, JsonSource } from '../../src/text/source.ts'
import type { Tokenizer } from '../../src/text/tokenizer.ts'
import { HeadwiseError } from '../../src/words/error.ts'

type Json = Record<string, unknown>

const visible = (b: number) => (b > 0x20 && b < 0x7f) || (b > 0xa0 && b !== 0xad)
/** The 256 characters that stand for bytes, visible ones first. */
const allBytes = Array.from({ length: 256 }, (_, b) => b)
  .sort((a, b) => Number(visible(b)) - Number(visible(a)) || a - b)
  .map((b, i) => String.fromCharCode(visible(b) ? b : 0x100 + i - 188))

/** A healthy byte-level `tokenizer.json`: bytes, `th`, `the`, two special tokens. */
export function healthy(): { vocab: Json; merges: unknown[]; json: Json & { model: Json; added_tokens: Json[] } } {
  const vocab: Json = Object.fromEntries(allBytes.map((c, i) => [c, i]))
  const n = allBytes.length
  Object.assign(vocab, { th: n, the: n + 1, aa: n + 2, aaaa: n + 3 })
  const merges: unknown[] = [
    ['t', 'h'],
    ['th', 'e'],
    ['a', 'a'],
    ['aa', 'aa'],
  ]
  const special = (content: string, id: number) => ({ id, content, special: true, normalized: false })
  const json = {
    added_tokens: [special('<|start|>', n + 4), special('<|end|>', n + 5)],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel' },
    model: { type: 'BPE', vocab, merges },
  }
  return { vocab, merges, json }
}

export const fromObject = (json: unknown, more: Partial<JsonSource> = {}): Promise<Tokenizer> =>
  loadTokenizer({ kind: 'json', file: 't.json', json: JSON.stringify(json), ...more })

/** A healthy SentencePiece tokenizer as GGUF fields: `<unk>`, `<s>`, `</s>`, the bytes, a few pieces. */
export function healthyGguf(): GgufSource & { tokens: string[]; scores: number[]; types: number[] } {
  const bytes = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, '0')}>`)
  const tokens = ['<unk>', '<s>', '</s>', ...bytes, 'a', 'b', '\u2581', 'ab', '\u2581ab']
  const scores = tokens.map((_, i) => -i)
  const types = tokens.map((_, i) => (i === 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1))
  return { kind: 'gguf', file: 't.gguf', model: 'llama', tokens, scores, types, bos: 1, eos: 2, unk: 0 }
}

/** The error that a promise or a function ends with; anything else fails the test. */
export async function errorOf(work: () => Promise<unknown>): Promise<HeadwiseError> {
  try {
    await work()
  } catch (error) {
    if (error instanceof HeadwiseError) return error
    throw new Error('not a HeadwiseError', { cause: error })
  }
  throw new Error('nothing was thrown')
}
