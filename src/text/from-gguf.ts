import { HeadwiseError } from '../words/error.ts'
import type { AddedToken } from './added.ts'
import type { Decoder } from './decode.ts'
import type { Definition } from './definition.ts'
import { checkBytes } from './from-json.ts'
import { MergeList, ScoreMerges } from './merges.ts'
import type { Normaliser } from './normalise.ts'
import { compilePattern } from './patterns.ts'
import { preTokeniserOf } from './pre-names.ts'
import type { GgufSource } from './source.ts'
import { Vocabulary } from './vocabulary.ts'

/** `tokenizer.ggml.token_type`. */
const UNKNOWN = 2
const CONTROL = 3
const USER_DEFINED = 4

const wrong = (source: GgufSource, field: string, found: unknown, allowed: string, code: string): HeadwiseError => {
  const where = `tokenizer.ggml.${field}`
  return new HeadwiseError(
    `${source.file}: ${where} is ${found === undefined ? 'missing' : String(found)}; allowed is ${allowed}.`,
    { code, file: source.file, where, found, allowed },
  )
}

/** Reads the tokenizer of a GGUF file. Its ids are those of the model's own tokenizer, special tokens included. */
export function fromGguf(source: GgufSource): Definition {
  if (source.model !== 'gpt2' && source.model !== 'llama')
    throw wrong(source, 'model', source.model, 'gpt2 or llama', 'tokenizer-model')
  for (const [field, list] of [
    ['scores', source.scores],
    ['token_type', source.types],
  ] as const)
    if (list !== undefined && list.length !== source.tokens.length)
      throw wrong(
        source,
        field,
        `${list.length} long`,
        `as long as the ${source.tokens.length} tokens`,
        'tokenizer-length',
      )
  for (const [field, id] of [
    ['bos_token_id', source.bos],
    ['eos_token_id', source.eos],
    ['eot_token_id', source.eot],
    ['unknown_token_id', source.unk],
  ] as const)
    if (id !== undefined && (!Number.isInteger(id) || id < 0 || id >= source.tokens.length))
      throw wrong(source, field, id, `0 to ${source.tokens.length - 1}`, 'tokenizer-id-range')
  const vocabulary = Vocabulary.fromList(source.tokens, source.file, source.embeddingRows)
  const common = {
    file: source.file,
    vocabulary,
    prefix: '',
    suffix: '',
    added: addedOf(source),
    before: firstOf(source),
    after: [],
    endTokens: [...new Set([source.eos, source.eot].filter(id => id !== undefined))],
    chatTemplate: source.chatTemplate,
    templateTokens: templateTokensOf(source),
  }
  return source.model === 'gpt2'
    ? { ...common, ...byteLevel(source, vocabulary) }
    : { ...common, ...sentencePiece(source, vocabulary) }
}

function byteLevel(source: GgufSource, vocabulary: Vocabulary) {
  if (source.merges === undefined) throw wrong(source, 'merges', undefined, 'a list', 'tokenizer-merges')
  const pre = preTokeniserOf(source.pre, source.file)
  return {
    merges: new MergeList(source.merges, vocabulary, source.file, 'tokenizer.ggml.merges'),
    mergeSource: source.merges,
    byteFallback: false,
    ignoreMerges: pre.ignoreMerges,
    unknown: undefined,
    fuseUnknown: false,
    normalisers: pre.normalisers,
    preTokenisers: pre.steps,
    decoders: [{ type: 'ByteLevel' }] as const,
  }
}

const MARK = '\u2581'

/** SentencePiece BPE: no pre-tokens; spaces are `▁`, one more before the text. */
function sentencePiece(source: GgufSource, vocabulary: Vocabulary) {
  const { scores, types, file } = source
  if (scores === undefined) throw wrong(source, 'scores', undefined, 'a list of numbers', 'tokenizer-scores')
  for (let id = 0; id < scores.length; id++)
    if (!Number.isFinite(scores[id]))
      throw wrong(source, `scores[${id}]`, scores[id], 'a finite number', 'tokenizer-scores')
  const ordinary = (id: number) => types === undefined || (types[id] !== CONTROL && types[id] !== UNKNOWN)
  const unknown = source.unk ?? (types === undefined ? undefined : indexOf(types, UNKNOWN))
  if (unknown === undefined) checkBytes(vocabulary, file)
  const spaced = source.addSpacePrefix ?? true
  const space: Normaliser = {
    type: 'Replace',
    pattern: compilePattern({ text: ' ' }, file, 'normalizer'),
    content: MARK,
  }
  const decoders: Decoder[] = [
    { type: 'Replace', text: MARK, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
  ]
  if (spaced) decoders.push({ type: 'Strip', content: ' ', start: 1, stop: 0 })
  return {
    merges: new ScoreMerges(vocabulary, scores, ordinary),
    mergeSource: scores,
    byteFallback: true,
    ignoreMerges: false,
    unknown,
    fuseUnknown: true,
    normalisers: spaced ? [{ type: 'Prepend', text: MARK } as const, space] : [space],
    preTokenisers: [],
    decoders,
  }
}

function addedOf(source: GgufSource): AddedToken[] {
  const added: AddedToken[] = []
  for (let id = 0; id < source.tokens.length; id++) {
    const type = source.types?.[id]
    const content = source.tokens[id]
    if ((type !== CONTROL && type !== USER_DEFINED && type !== UNKNOWN) || content === undefined || content === '')
      continue
    const special = type !== USER_DEFINED
    added.push({ id, content, special, normalised: false, singleWord: false, leftStrip: false, rightStrip: false })
  }
  return added
}

/** `add_bos_token`; where it is absent, `llama` adds the first token and `gpt2` does not. */
function firstOf(source: GgufSource): readonly number[] {
  if (!(source.addBos ?? source.model === 'llama')) return []
  if (source.bos === undefined) {
    if (source.addBos === undefined) return []
    throw wrong(source, 'bos_token_id', undefined, 'a token, because add_bos_token is set', 'tokenizer-bos')
  }
  return [source.bos]
}

function templateTokensOf(source: GgufSource): Record<string, string> {
  const texts = { bos_token: source.bos, eos_token: source.eos, unk_token: source.unk }
  return Object.fromEntries(
    Object.entries(texts).flatMap(([name, id]) => (id === undefined ? [] : [[name, source.tokens[id] ?? '']])),
  )
}

function indexOf(list: ArrayLike<number>, value: number): number | undefined {
  for (let i = 0; i < list.length; i++) if (list[i] === value) return i
  return undefined
}
