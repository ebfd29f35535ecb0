import { bad, show } from './fault.ts'
import type { GgufFile } from './gguf.ts'

const ID_KEYS = ['bos', 'eos', 'unknown', 'padding', 'eot', 'eom', 'seperator', 'separator', 'mask', 'cls']

const lengthOf = (value: unknown): number | undefined =>
  Array.isArray(value) || ArrayBuffer.isView(value) ? (value as { length?: number }).length : undefined

/** The vocabulary of a GGUF file must have one entry per row of the embedding, and so must what stands beside it. */
export function judgeVocabulary({ file, metadata, tensors }: Pick<GgufFile, 'file' | 'metadata' | 'tensors'>): void {
  const tokens = metadata.get('tokenizer.ggml.tokens')
  if (tokens === undefined) return
  const size = Array.isArray(tokens) && typeof (tokens[0] ?? '') === 'string' ? tokens.length : undefined
  if (size === undefined) {
    const where = 'tokenizer.ggml.tokens'
    throw bad(
      { code: 'gguf-vocabulary', file, where, found: show(tokens), allowed: 'strings' },
      `${where} is not a list of strings.`,
    )
  }
  const judge = (where: string, found: number | undefined) => {
    if (found === size) return
    const details = { code: 'gguf-vocabulary', file, where, found, allowed: size }
    throw bad(
      details,
      `${where} has ${found ?? 'no'} entries, but tokenizer.ggml.tokens has ${size}; they must be as many.`,
    )
  }
  for (const key of ['tokenizer.ggml.scores', 'tokenizer.ggml.token_type'])
    if (metadata.has(key)) judge(key, lengthOf(metadata.get(key)))
  const embedding = tensors.get('token_embd.weight')
  if (embedding !== undefined) judge('token_embd.weight', embedding.shape[0])
  for (const key of ID_KEYS.map(name => `tokenizer.ggml.${name}_token_id`)) {
    const id = metadata.get(key)
    if (id === undefined || (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < size)) continue
    // Converters write −1 for a padding token that is not there.
    if (key.includes('padding') && (id === -1 || id === 0xffff_ffff)) continue
    const details = { code: 'gguf-token-id', file, where: key, found: id, allowed: `0 to ${size - 1}` }
    throw bad(details, `${key} is ${show(id)}, but the vocabulary has the ids 0 to ${size - 1}.`)
  }
}
