import { HeadwiseError } from '../words/error.ts'
import { type Fields, Reader, tokenText } from './fields.ts'
import type { Vocabulary } from './vocabulary.ts'

interface Around {
  readonly before: readonly number[]
  readonly after: readonly number[]
}

const NOTHING: Around = { before: [], after: [] }
const MAX_ADDED = 64

/**
 * The ids that are put around every text: those of the post-processor where it names any, else the `bos_token` where
 * tokenizer_config.json has `add_bos_token`. A post-processor that only moves offsets (`ByteLevel`) says nothing.
 */
export function around(root: Reader, config: Fields, vocabulary: Vocabulary, file: string): Around {
  const value = root.raw('post_processor')
  const said = value === undefined ? undefined : fromPostProcessor(value, vocabulary, file, 'post_processor', 0)
  if (said !== undefined) return said
  const add = Object.hasOwn(config, 'add_bos_token') ? config.add_bos_token : undefined
  if (add !== true) return NOTHING
  const text = tokenText(config, 'bos_token')
  const id = text === undefined ? undefined : vocabulary.id(text)
  if (id === undefined)
    throw new HeadwiseError(
      `${file}: tokenizer_config.json has add_bos_token, but its bos_token is ${JSON.stringify(text) ?? 'missing'}, which is no token.`,
      {
        code: 'tokenizer-bos',
        file,
        where: 'tokenizer_config.json: bos_token',
        found: text,
        allowed: 'a token of the vocabulary',
      },
    )
  return { before: [id], after: [] }
}

function fromPostProcessor(
  value: unknown,
  vocabulary: Vocabulary,
  file: string,
  where: string,
  depth: number,
): Around | undefined {
  const step = new Reader(value, file, where)
  const type = step.text('type')
  switch (type) {
    case 'ByteLevel':
      return undefined
    case 'TemplateProcessing':
      return fromTemplate(step, vocabulary)
    case 'RobertaProcessing':
    case 'BertProcessing':
      return { before: [pairId(step, 'cls', vocabulary)], after: [pairId(step, 'sep', vocabulary)] }
    case 'Sequence': {
      const list = step.list('processors')
      if (depth > 16 || list.length > MAX_ADDED)
        throw step.wrong(
          'processors',
          `${list.length} entries at depth ${depth}`,
          'at most 64, nested 16 deep',
          'tokenizer-nesting',
        )
      return list
        .map((inner, i) => fromPostProcessor(inner, vocabulary, file, `${where}.processors[${i}]`, depth + 1))
        .reduce(
          (a, b) => (a && b ? { before: [...b.before, ...a.before], after: [...a.after, ...b.after] } : (a ?? b)),
          undefined,
        )
    }
    default:
      throw step.wrong(
        'type',
        type,
        'Sequence, ByteLevel, TemplateProcessing, RobertaProcessing, BertProcessing',
        'tokenizer-step',
      )
  }
}

/** `single` is a list of `{SpecialToken: {id}}` and one `{Sequence: {id: "A"}}`. */
function fromTemplate(step: Reader, vocabulary: Vocabulary): Around {
  const before: number[] = []
  const after: number[] = []
  let seen = false
  const single = step.list('single')
  if (single.length > MAX_ADDED) throw step.wrong('single', `${single.length} entries`, `at most ${MAX_ADDED}`)
  for (const [i, item] of single.entries()) {
    const piece = new Reader(item, step.file, step.path(`single[${i}]`))
    if (piece.raw('Sequence') !== undefined) {
      if (seen) throw step.wrong(`single[${i}]`, 'a second Sequence', 'one Sequence')
      seen = true
      continue
    }
    const name = piece.object('SpecialToken').text('id')
    ;(seen ? after : before).push(...specialIds(step, name, vocabulary))
  }
  if (!seen) throw step.wrong('single', 'no Sequence', 'one Sequence')
  return { before, after }
}

function specialIds(step: Reader, name: string, vocabulary: Vocabulary): number[] {
  const entry = step.object('special_tokens').raw(name)
  const ids = new Reader(entry ?? {}, step.file, step.path(`special_tokens.${name}`)).list('ids')
  if (
    ids.length === 0 ||
    ids.length > MAX_ADDED ||
    !ids.every(id => typeof id === 'number' && vocabulary.text(id) !== undefined)
  )
    throw step.wrong(`special_tokens.${name}`, entry ?? undefined, 'ids of the vocabulary', 'tokenizer-special')
  return ids as number[]
}

/** `cls` and `sep` are `[text, id]`. */
function pairId(step: Reader, key: string, vocabulary: Vocabulary): number {
  const pair = step.raw(key)
  const id = Array.isArray(pair) ? (pair[1] as unknown) : undefined
  if (typeof id !== 'number' || vocabulary.text(id) === undefined || vocabulary.text(id) !== (pair as unknown[])[0])
    throw step.wrong(key, pair, 'a token of the vocabulary and its id', 'tokenizer-special')
  return id
}
