import { HeadwiseError } from '../words/error.ts'
import { translatePattern, Untranslatable } from './regex.ts'

/** What a step looks for: a text, or a pattern in Oniguruma's syntax. */
export type Pattern = { readonly text: string } | { readonly regex: string }

export const GPT2 = `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+`
const CONTRACTIONS = `(?i:'s|'t|'re|'ve|'m|'ll|'d)`
const WORDS_TO_END = `| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`
export const LLAMA3 = `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}${WORDS_TO_END}`
export const QWEN2 = `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}${WORDS_TO_END}`
const CASED = (between: string) =>
  `[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+${between}|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*${between}`
const CASED_TO_END = `| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`
export const TEKKEN = `${CASED('')}|\\p{N}${CASED_TO_END}`
export const GPT4O = `${CASED(`${CONTRACTIONS}?`)}|\\p{N}{1,3}${CASED_TO_END}`
export const NUMBER = '\\p{N}'

/**
 * Published patterns that take time linear in the text: every alternative consumes what it scanned, or gives back at
 * most one run that the next alternative consumes. They run inline; all others where they can be stopped.
 */
const LINEAR: ReadonlySet<string> = new Set([
  GPT2,
  LLAMA3,
  QWEN2,
  TEKKEN,
  GPT4O,
  NUMBER,
  '\\p{N}+',
  '\\p{N}{1,3}',
  '[\\r\\n]',
])

/** All matches of a pattern in each text: `[start, end, start, end, …]` in UTF-16 units. */
export const findInline = (source: string, texts: readonly string[]): number[][] => {
  const regex = new RegExp(source, 'gu')
  return texts.map(text => {
    const found: number[] = []
    for (const match of text.matchAll(regex)) found.push(match.index, match.index + match[0].length)
    return found
  })
}

export interface CompiledPattern {
  /** JavaScript source for the flags `gu`. */
  readonly source: string
  readonly linear: boolean
  /** As the file has it. */
  readonly quoted: string
}

/** Translates a pattern, or refuses it by quoting it. Nothing of it runs yet. */
export function compilePattern(pattern: Pattern, file: string, where: string): CompiledPattern {
  if ('text' in pattern)
    return { source: pattern.text.replace(/[\^$\\.*+?()[\]{}|/]/g, '\\$&'), linear: true, quoted: pattern.text }
  const quoted = pattern.regex
  try {
    return { source: translatePattern(quoted), linear: LINEAR.has(quoted), quoted }
  } catch (error) {
    if (!(error instanceof Untranslatable)) throw error
    const found = quoted.length > 200 ? `${quoted.slice(0, 200)}…` : quoted
    throw new HeadwiseError(
      `${file}: ${where} has the pattern ${JSON.stringify(found)}, which ${error.message} and has no proven equal here.`,
      { code: 'tokenizer-pattern', file, where, found, allowed: 'patterns with an exact JavaScript equivalent' },
    )
  }
}
