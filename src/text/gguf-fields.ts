import { show } from '../checkpoint/fault.ts'
import type { GgufMetadata } from '../checkpoint/gguf-metadata.ts'
import { HeadwiseError } from '../words/error.ts'
import type { GgufSource } from './source.ts'

/** Takes a tokenizer's fields out of a GGUF file's metadata; a field of another type than it must have is refused. */
export function ggufTokenizer(metadata: GgufMetadata, file: string, embeddingRows?: number): GgufSource {
  const field = (key: string) => metadata.get(`tokenizer.ggml.${key}`)
  const wrong = (key: string, allowed: string): HeadwiseError => {
    const where = `tokenizer.ggml.${key}`
    const found = show(field(key))
    return new HeadwiseError(`${file}: ${where} is ${found}; allowed is ${allowed}.`, {
      code: 'tokenizer-field',
      file,
      where,
      found,
      allowed,
    })
  }
  const text = (key: string): string | undefined => {
    const value = field(key)
    if (value === undefined || typeof value === 'string') return value
    throw wrong(key, 'a text')
  }
  const number = (key: string): number | undefined => {
    const value = field(key)
    if (value === undefined || typeof value === 'number') return value
    throw wrong(key, 'a number')
  }
  const flag = (key: string): boolean | undefined => {
    const value = field(key)
    if (value === undefined || typeof value === 'boolean') return value
    throw wrong(key, 'true or false')
  }
  const texts = (key: string): readonly string[] | undefined => {
    const value = field(key)
    if (value === undefined) return undefined
    // A GGUF array has one type for all its entries.
    if (Array.isArray(value) && (value.length === 0 || typeof value[0] === 'string')) return value as readonly string[]
    throw wrong(key, 'a list of texts')
  }
  const numbers = (key: string): ArrayLike<number> | undefined => {
    const value = field(key)
    if (value === undefined) return undefined
    if (value instanceof Float32Array || value instanceof Int32Array || value instanceof Uint32Array) return value
    throw wrong(key, 'a list of 32-bit numbers')
  }
  const tokens = texts('tokens')
  const model = text('model')
  if (model === undefined) throw wrong('model', 'gpt2 or llama')
  if (tokens === undefined) throw wrong('tokens', 'a list of texts')
  const template = metadata.get('tokenizer.chat_template')
  return {
    kind: 'gguf',
    file,
    model,
    tokens,
    ...given({
      pre: text('pre'),
      merges: texts('merges'),
      scores: numbers('scores'),
      types: numbers('token_type'),
      bos: number('bos_token_id'),
      eos: number('eos_token_id'),
      eot: number('eot_token_id'),
      unk: number('unknown_token_id'),
      addBos: flag('add_bos_token'),
      addSpacePrefix: flag('add_space_prefix'),
      chatTemplate: typeof template === 'string' ? template : undefined,
      embeddingRows,
    }),
  }
}

/** Leaves out what is not there. */
function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
