import { oneParse, readConllu } from '../../../src/text/conllu.ts'
import { MAX_WORDS, mismatch, type Parse, writeWord } from '../../../src/text/parse.ts'
import { HeadwiseError } from '../../../src/words/error.ts'
import { FIRST_PROMPT, type Prompt } from './state.ts'

/** The map's score on the parse. */
export const SYNTAX = 'syntax'

/** Why a parse is none of this prompt, as half a sentence; undefined where it is. */
export const parseFault = (prompt: Prompt, parse: Parse): string | undefined =>
  'text' in prompt ? mismatch(prompt.text, parse) : 'the prompt is token ids, and a parse needs a text'

/** The parse that somebody wrote for this prompt, in CoNLL-U. Throws in one sentence what is wrong with it. */
export function parseFor(prompt: Prompt, conllu: string): Parse {
  const parse = oneParse(readConllu(conllu, 'parse'))
  const refuse = (sentence: string): HeadwiseError => new HeadwiseError(sentence, { code: 'page', fault: 'usage' })
  if (parse.length > MAX_WORDS) throw refuse(`The parse has ${parse.length} words; at most ${MAX_WORDS} are shown.`)
  const fault = parseFault(prompt, parse)
  if (fault !== undefined) throw refuse(`This is a parse of another text: ${fault}.`)
  return parse
}

export const sameParse = (a: Parse | undefined, b: Parse | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && a.map(writeWord).join() === b.map(writeWord).join())

/** The relations of a parse and how many edges each has, by name. */
export function relationsOf(parse: Parse): { relation: string; edges: number }[] {
  const counts = new Map<string, number>()
  for (const { head, relation } of parse) if (head > 0) counts.set(relation, (counts.get(relation) ?? 0) + 1)
  return [...counts]
    .map(([relation, edges]) => ({ relation, edges }))
    .sort((a, b) => (a.relation < b.relation ? -1 : 1))
}

/** Our own parse of the first prompt, in Universal Dependencies; “the shiny” lacks its noun, so that “shiny” stands for it. */
export const EXAMPLE: { readonly text: string; readonly parse: Parse } = {
  text: FIRST_PROMPT,
  parse: [
    { form: 'One', head: 2, relation: 'nummod' },
    { form: 'day', head: 4, relation: 'obl' },
    { form: 'Lily', head: 4, relation: 'nsubj' },
    { form: 'found', head: 0, relation: 'root' },
    { form: 'a', head: 7, relation: 'det' },
    { form: 'shiny', head: 7, relation: 'amod' },
    { form: 'key', head: 4, relation: 'obj' },
    { form: '.', head: 4, relation: 'punct' },
    { form: 'Ben', head: 10, relation: 'nsubj' },
    { form: 'lost', head: 0, relation: 'root' },
    { form: 'the', head: 12, relation: 'det' },
    { form: 'shiny', head: 10, relation: 'obj' },
  ],
}
