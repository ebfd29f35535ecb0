import { HeadwiseError } from '../words/error.ts'
import type { Normaliser } from './normalise.ts'
import { compilePattern, GPT2, GPT4O, LLAMA3, NUMBER, QWEN2, TEKKEN } from './patterns.ts'
import type { PreTokeniser } from './pretokenise.ts'

interface Facts {
  /** Patterns applied one after the other, each match a piece of its own. */
  readonly patterns: readonly string[]
  readonly ignoreMerges?: true
  readonly normaliser?: 'NFC'
}

const gpt2: Facts = { patterns: [GPT2] }
const digits: Facts = { patterns: [NUMBER, GPT2] }
const llama3: Facts = { patterns: [LLAMA3], ignoreMerges: true }

/**
 * What the names under `tokenizer.ggml.pre` stand for: llama.cpp's table, with the normaliser that the model's own
 * tokenizer has and GGUF does not mention. Only names whose tokenizer is known to be exactly this.
 */
const NAMES: ReadonlyMap<string, Facts> = new Map<string, Facts>([
  ['gpt-2', gpt2],
  ['mpt', gpt2],
  ['olmo', gpt2],
  ['smollm', digits],
  ['starcoder', digits],
  ['refact', digits],
  ['command-r', { ...digits, normaliser: 'NFC' }],
  ['llama-bpe', llama3],
  ['llama3', llama3],
  ['llama-v3', llama3],
  ['dbrx', { patterns: [LLAMA3] }],
  ['smaug-bpe', { patterns: [LLAMA3] }],
  ['qwen2', { patterns: [QWEN2], normaliser: 'NFC' }],
  ['deepseek-r1-qwen', { patterns: [QWEN2] }],
  ['tekken', { patterns: [TEKKEN], ignoreMerges: true }],
  ['gpt-4o', { patterns: [GPT4O] }],
  [
    'default',
    {
      patterns: [
        '[\\p{P}\\$\\+<=>\\^~\\|]+',
        `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)`,
        '\\p{N}+',
        '[0-9][0-9][0-9]',
      ],
    },
  ],
])

export interface NamedPreTokeniser {
  readonly steps: readonly PreTokeniser[]
  readonly normalisers: readonly Normaliser[]
  readonly ignoreMerges: boolean
}

/** The pre-tokeniser of a GGUF file; a name that is missing or unknown is refused, since any guess gives wrong ids. */
export function preTokeniserOf(name: string | undefined, file: string): NamedPreTokeniser {
  const where = 'tokenizer.ggml.pre'
  const facts = name === undefined ? undefined : NAMES.get(name)
  if (facts === undefined) {
    const allowed = [...NAMES.keys()].join(', ')
    throw new HeadwiseError(
      `${file}: ${where} is ${name === undefined ? 'missing' : JSON.stringify(name)}, so how text is split is not known; known names are ${allowed}.`,
      { code: 'tokenizer-pre', file, where, found: name, allowed },
    )
  }
  const splits = facts.patterns.map(
    (regex): PreTokeniser => ({
      type: 'Split',
      pattern: compilePattern({ regex }, file, where),
      behaviour: 'Isolated',
      invert: false,
    }),
  )
  return {
    steps: [...splits, { type: 'ByteLevel' }],
    normalisers: facts.normaliser === undefined ? [] : [{ type: facts.normaliser }],
    ignoreMerges: facts.ignoreMerges ?? false,
  }
}
