import { HeadwiseError } from '../words/error.ts'
import type { Decoder } from './decode.ts'
import { Reader } from './fields.ts'
import type { Normaliser } from './normalise.ts'
import { compilePattern, GPT2, NUMBER, type Pattern } from './patterns.ts'
import type { Behaviour, PreTokeniser } from './pretokenise.ts'

const MAX_NESTING = 16
const MAX_STEPS = 64

type Read<T> = (step: Reader, file: string, where: string) => readonly T[]
const readers = <T>(table: Record<string, Read<T>>) => new Map(Object.entries(table))

const NORMALISERS = readers<Normaliser>({
  NFC: () => [{ type: 'NFC' }],
  NFD: () => [{ type: 'NFD' }],
  NFKC: () => [{ type: 'NFKC' }],
  NFKD: () => [{ type: 'NFKD' }],
  Lowercase: () => [{ type: 'Lowercase' }],
  Strip: s => [{ type: 'Strip', left: s.flag('strip_left', true), right: s.flag('strip_right', true) }],
  Prepend: s => [{ type: 'Prepend', text: s.text('prepend') }],
  Replace: (s, file, where) => [
    { type: 'Replace', pattern: compilePattern(patternOf(s), file, `${where}.pattern`), content: s.text('content') },
  ],
})

const BEHAVIOURS: readonly Behaviour[] = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous']

const PRE_TOKENISERS = readers<PreTokeniser>({
  ByteLevel: (s, file, where) => {
    const steps: PreTokeniser[] = s.flag('add_prefix_space', true) ? [{ type: 'PrefixSpace' }] : []
    if (s.flag('use_regex', true)) {
      const pattern = compilePattern({ regex: GPT2 }, file, where)
      steps.push({ type: 'Split', pattern, behaviour: 'Isolated', invert: false })
    }
    return [...steps, { type: 'ByteLevel' }]
  },
  Digits: (s, file, where) => [
    {
      type: 'Split',
      pattern: compilePattern({ regex: NUMBER }, file, where),
      behaviour: s.flag('individual_digits', false) ? 'Isolated' : 'Contiguous',
      invert: false,
    },
  ],
  Split: (s, file, where) => [
    {
      type: 'Split',
      pattern: compilePattern(patternOf(s), file, `${where}.pattern`),
      behaviour: s.choice('behavior', BEHAVIOURS),
      invert: s.flag('invert', false),
    },
  ],
  Metaspace: (s, file, where) => {
    const mark = markOf(s)
    // Files from before `prepend_scheme` say `add_prefix_space` instead.
    const fallback = s.flag('add_prefix_space', true) ? 'always' : 'never'
    const split = s.flag('split', true) ? compilePattern({ text: mark }, file, where) : undefined
    return [
      { type: 'Metaspace', mark, prepend: s.choice('prepend_scheme', ['always', 'first', 'never'], fallback), split },
    ]
  },
})

const DECODERS = readers<Decoder>({
  ByteLevel: () => [{ type: 'ByteLevel' }],
  ByteFallback: () => [{ type: 'ByteFallback' }],
  Fuse: () => [{ type: 'Fuse' }],
  Strip: s => [{ type: 'Strip', content: s.text('content'), start: s.count('start'), stop: s.count('stop') }],
  Replace: s => {
    const pattern = patternOf(s)
    if (!('text' in pattern)) throw s.wrong('pattern', s.raw('pattern'), '{"String": …}')
    return pattern.text === '' ? [] : [{ type: 'Replace', text: pattern.text, content: s.text('content') }]
  },
  Metaspace: s => {
    const fallback = s.flag('add_prefix_space', true) ? 'always' : 'never'
    const prepend = s.choice('prepend_scheme', ['always', 'first', 'never'], fallback) !== 'never'
    return [{ type: 'Metaspace', mark: markOf(s), prepend }]
  },
})

export const readNormalisers = (value: unknown, file: string): readonly Normaliser[] =>
  readSteps(value, file, 'normalizer', 'normalizers', NORMALISERS)

export const readPreTokenisers = (value: unknown, file: string): readonly PreTokeniser[] =>
  readSteps(value, file, 'pre_tokenizer', 'pretokenizers', PRE_TOKENISERS)

export const readDecoders = (value: unknown, file: string): readonly Decoder[] | undefined =>
  value === undefined || value === null ? undefined : readSteps(value, file, 'decoder', 'decoders', DECODERS)

/** Reads one step or a `Sequence` of them into a flat list. */
function readSteps<T>(
  value: unknown,
  file: string,
  root: string,
  listKey: string,
  table: ReadonlyMap<string, Read<T>>,
): readonly T[] {
  const out: T[] = []
  const visit = (step: unknown, where: string, depth: number): void => {
    if (depth > MAX_NESTING) throw tooDeep(file, root)
    const reader = new Reader(step, file, where)
    const type = reader.text('type')
    if (type === 'Sequence') {
      for (const [i, inner] of reader.list(listKey).entries()) visit(inner, `${where}.${listKey}[${i}]`, depth + 1)
      return
    }
    const read = table.get(type)
    if (read === undefined) throw reader.wrong('type', type, ['Sequence', ...table.keys()].join(', '), 'tokenizer-step')
    out.push(...read(reader, file, where))
    if (out.length > MAX_STEPS)
      throw reader.wrong('', `step ${out.length}`, `at most ${MAX_STEPS} steps`, 'tokenizer-steps')
  }
  if (value !== undefined && value !== null) visit(value, root, 0)
  return out
}

const tooDeep = (file: string, where: string): HeadwiseError =>
  new HeadwiseError(`${file}: ${where} nests more than ${MAX_NESTING} sequences.`, {
    code: 'tokenizer-nesting',
    file,
    where,
    found: `more than ${MAX_NESTING}`,
    allowed: `at most ${MAX_NESTING}`,
  })

function patternOf(step: Reader): Pattern {
  const pattern = step.object('pattern')
  const text = pattern.raw('String')
  const regex = pattern.raw('Regex')
  if (typeof text === 'string' && regex === undefined) return { text }
  if (typeof regex === 'string' && text === undefined) return { regex }
  throw step.wrong('pattern', step.raw('pattern'), '{"String": …} or {"Regex": …}')
}

function markOf(step: Reader): string {
  const mark = step.text('replacement', '\u2581')
  if (Array.from(mark).length !== 1) throw step.wrong('replacement', mark, 'one character')
  return mark
}
