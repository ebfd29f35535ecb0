import type { Tokenizer } from '../text/tokenizer.ts'
import type { AnsweredRow } from './rows.ts'

/** A text as ids, and the ids by which each of its continuations goes on. */
export interface Continued {
  readonly text: readonly number[]
  readonly answers: readonly (readonly number[])[]
  readonly distractors: readonly (readonly number[])[]
}

const startsWith = (ids: readonly number[], start: readonly number[]): boolean => start.every((id, i) => ids[i] === id)
const same = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && startsWith(a, b)

/** How one text goes on with each of the words, or why a row cannot be asked of this tokenizer. */
async function continuations(
  text: string,
  words: readonly string[],
  tokenizer: Tokenizer,
): Promise<{ ids: number[]; after: number[][] } | string> {
  const ids = await tokenizer.encode(text)
  const after: number[][] = []
  for (const word of words) {
    const whole = await tokenizer.encode(text + word)
    if (!startsWith(whole, ids) || whole.length === ids.length)
      return `${JSON.stringify(word)} does not begin at a token of its own`
    after.push(whole.slice(ids.length))
  }
  return ids.length > 0 ? { ids, after } : 'the text has no token'
}

/**
 * The continuations of a row: what the tokenizer makes of text + word, after what it makes of the text alone. A string
 * says why the row is left out: a word that merges with the end of the text, words that become the same tokens, a word
 * that goes on differently after the other text of a pair.
 */
export async function continued(row: AnsweredRow, tokenizer: Tokenizer): Promise<Continued | string> {
  const words = [...row.answers, ...row.distractors]
  const here = await continuations(row.text, words, tokenizer)
  if (typeof here === 'string') return here
  if (row.other !== undefined) {
    const there = await continuations(row.other, words, tokenizer)
    if (typeof there === 'string') return there
    const differs = here.after.findIndex((ids, i) => !same(ids, there.after[i]!))
    if (differs >= 0) return `${JSON.stringify(words[differs])} is tokenised differently after the two texts`
  }
  const answers = here.after.slice(0, row.answers.length)
  const distractors = here.after.slice(row.answers.length)
  const shared = distractors.findIndex(d => answers.some(a => same(a, d)))
  if (shared >= 0) return `${JSON.stringify(row.distractors[shared])} has the tokens of an answer`
  return { text: here.ids, answers, distractors }
}

/** The first word that is not one token, with their number; undefined when all are. */
export function splitWord({ answers, distractors }: AnsweredRow, ids: Continued): string | undefined {
  const words = [...answers, ...distractors]
  const found = [...ids.answers, ...ids.distractors].findIndex(c => c.length !== 1)
  if (found < 0) return undefined
  const tokens = [...ids.answers, ...ids.distractors][found]!.length
  return `${JSON.stringify(words[found])} is ${tokens} tokens, not one`
}
