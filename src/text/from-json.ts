import { parseStrictJson } from '../checkpoint/strict-json.ts'
import { HeadwiseError } from '../words/error.ts'
import type { AddedToken } from './added.ts'
import { byteToken } from './bpe.ts'
import type { Definition } from './definition.ts'
import { type Fields, Reader, tokenText } from './fields.ts'
import { MergeList } from './merges.ts'
import { around } from './post.ts'
import type { JsonSource } from './source.ts'
import { readDecoders, readNormalisers, readPreTokenisers } from './steps.ts'
import { Vocabulary } from './vocabulary.ts'

const MAX_ADDED = 2 ** 18
const MAX_ADDED_LENGTH = 256

/** Reads a `tokenizer.json` (and `tokenizer_config.json`) of Hugging Face tokenizers, version 0.23. */
export function fromJson(source: JsonSource): Definition {
  const { file } = source
  const root = new Reader(parseStrictJson(source.json, { file }), file, '')
  const model = root.object('model')
  // The oldest files leave the type out; what they hold says it.
  const type = model.text('type', model.raw('merges') === undefined ? 'unknown' : 'BPE')
  if (type !== 'BPE')
    throw model.wrong('type', type, 'BPE (WordPiece, Unigram and WordLevel are not read yet)', 'tokenizer-model')
  const dropout = model.raw('dropout')
  if (dropout !== undefined && dropout !== 0) throw model.wrong('dropout', dropout, 'null: ids would be random')
  const vocabulary = Vocabulary.fromRecord(record(model), file, source.embeddingRows)
  const added = readAdded(root, vocabulary, file)
  const prefix = model.text('continuing_subword_prefix', '')
  const mergeSource = model.list('merges')
  const unknown = unknownOf(model, vocabulary)
  const byteFallback = model.flag('byte_fallback', false)
  if (byteFallback && unknown === undefined) checkBytes(vocabulary, file)
  const config = source.config ?? {}
  return {
    file,
    vocabulary,
    merges: new MergeList(mergeSource, vocabulary, file, 'model.merges', prefix),
    mergeSource,
    byteFallback,
    ignoreMerges: model.flag('ignore_merges', false),
    unknown,
    fuseUnknown: model.flag('fuse_unk', false),
    prefix,
    suffix: model.text('end_of_word_suffix', ''),
    added,
    normalisers: readNormalisers(root.raw('normalizer'), file),
    preTokenisers: readPreTokenisers(root.raw('pre_tokenizer'), file),
    decoders: readDecoders(root.raw('decoder'), file),
    ...around(root, config, vocabulary, file),
    endTokens: namedTokens(config, ['eos_token'], vocabulary),
    chatTemplate: source.chatTemplate ?? templateOf(config),
    templateTokens: Object.fromEntries(
      TEMPLATE_TOKENS.flatMap(name => {
        const text = tokenText(config, name)
        return text === undefined ? [] : [[name, text]]
      }),
    ),
  }
}

function record(model: Reader): Fields {
  const vocab = model.raw('vocab')
  if (typeof vocab !== 'object' || vocab === null || Array.isArray(vocab))
    throw model.wrong('vocab', vocab, 'an object of ids')
  return vocab as Fields
}

function unknownOf(model: Reader, vocabulary: Vocabulary): number | undefined {
  const text = model.raw('unk_token')
  if (text === undefined) return undefined
  const id = typeof text === 'string' ? vocabulary.id(text) : undefined
  if (id === undefined) throw model.wrong('unk_token', text, 'a token of the vocabulary')
  return id
}

/** Without an unknown token a missing byte would make characters vanish. */
export function checkBytes(vocabulary: Vocabulary, file: string): void {
  for (let byte = 0; byte < 256; byte++)
    if (vocabulary.id(byteToken(byte)) === undefined)
      throw new HeadwiseError(
        `${file}: byte_fallback is set, but the vocabulary lacks ${byteToken(byte)} and there is no unknown token.`,
        {
          code: 'tokenizer-bytes',
          file,
          where: 'model.byte_fallback',
          found: byteToken(byte),
          allowed: '<0x00> to <0xFF>',
        },
      )
}

function readAdded(root: Reader, vocabulary: Vocabulary, file: string): readonly AddedToken[] {
  const list = root.list('added_tokens')
  if (list.length > MAX_ADDED)
    throw root.wrong('added_tokens', `${list.length} tokens`, `at most ${MAX_ADDED}`, 'tokenizer-added-count')
  return list.map((entry, i) => {
    const where = `added_tokens[${i}]`
    const token = new Reader(entry, file, where)
    const content = token.text('content')
    if (content === '') throw token.wrong('content', content, 'a text that is not empty', 'tokenizer-added-empty')
    if (content.length > MAX_ADDED_LENGTH)
      throw token.wrong(
        'content',
        `${content.length} characters`,
        `at most ${MAX_ADDED_LENGTH}`,
        'tokenizer-added-length',
      )
    const special = token.flag('special', false)
    return {
      id: vocabulary.add(content, token.raw('id'), `${where}.id`),
      content,
      special,
      normalised: token.flag('normalized', !special),
      singleWord: token.flag('single_word', false),
      leftStrip: token.flag('lstrip', false),
      rightStrip: token.flag('rstrip', false),
    }
  })
}

const TEMPLATE_TOKENS = ['bos_token', 'eos_token', 'unk_token', 'pad_token', 'sep_token', 'cls_token', 'mask_token']

const namedTokens = (config: Fields, names: readonly string[], vocabulary: Vocabulary): number[] =>
  names.flatMap(name => {
    const text = tokenText(config, name)
    const id = text === undefined ? undefined : vocabulary.id(text)
    return id === undefined ? [] : [id]
  })

/** One template, or the one named `default` of several. */
function templateOf(config: Fields): string | undefined {
  const value = Object.hasOwn(config, 'chat_template') ? config.chat_template : undefined
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return undefined
  const entry = value.find(t => typeof t === 'object' && t !== null && (t as Fields).name === 'default') as
    | Fields
    | undefined
  return typeof entry?.template === 'string' ? entry.template : undefined
}
