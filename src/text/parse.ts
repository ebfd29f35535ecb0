import { HeadwiseError, printable } from '../words/error.ts'

/** One word of a dependency parse. */
export interface ParsedWord {
  /** As it stands in the text. Empty: in the place of the word before it, as the parts of French `du` (de, le) are. */
  readonly form: string
  /** The word that it depends on, counted from 1; 0 for the root of a sentence. */
  readonly head: number
  readonly relation: string
}

/** The words of a text in order; the tree of each sentence has one root. Heads count through all of them. */
export type Parse = readonly ParsedWord[]

/** Most words of one parse. */
export const MAX_WORDS = 4096
const RELATION = '[A-Za-z][\\w@/-]{0,31}(?::[A-Za-z][\\w@/-]{0,31}){0,3}'
const relation = new RegExp(`^${RELATION}$`)
const written = new RegExp(`^(.*):(\\d{1,4}):(${RELATION})$`, 's')

/** Whether a text can name a relation: `obj`, `nsubj:pass`. */
export const isRelation = (text: string): boolean => relation.test(text)
/** A form of at least one character that neither begins nor ends with whitespace. */
export const isForm = (text: string): boolean => text !== '' && text.trim() === text

/** `key:4:obj`: form, head and relation, as addresses and specs hold a word. */
export const writeWord = ({ form, head, relation }: ParsedWord): string => `${form}:${head}:${relation}`

/** The word that such a text stands for; undefined where it is none. */
export function readWord(text: string): ParsedWord | undefined {
  const [, form, head, relation] = written.exec(text) ?? []
  if (form === undefined || relation === undefined || !(form === '' || isForm(form))) return undefined
  return { form, head: Number(head), relation }
}

/**
 * The parse that a list of written words stands for. Throws `parse-words` for a text that is no word, too many of them,
 * and words that are no trees.
 */
export function readParse(texts: readonly string[]): Parse {
  const refuse = (sentence: string, found: unknown): HeadwiseError =>
    new HeadwiseError(sentence, { code: 'parse-words', where: 'parse', found, allowed: 'form:head:relation' })
  if (texts.length > MAX_WORDS)
    throw refuse(`The parse has ${texts.length} words; at most ${MAX_WORDS} are read.`, texts.length)
  const words = texts.map((text, i) => {
    const word = readWord(text)
    if (!word || (i === 0 && word.form === ''))
      throw refuse(
        `Word ${i + 1} of the parse is “${printable(text, 40)}”; a word is written form:head:relation.`,
        text,
      )
    return word
  })
  const fault = treeFault(words)
  if (fault)
    throw refuse(`Word ${fault.word + 1} of the parse, “${words[fault.word]!.form}”, ${fault.fault}.`, fault.word)
  return words
}

/**
 * What is wrong with a parse as trees: the word, from 0, and half a sentence about it. Undefined where every word leads
 * to a root.
 */
export function treeFault(words: readonly Pick<ParsedWord, 'head'>[]): { word: number; fault: string } | undefined {
  const outside = words.findIndex(w => w.head > words.length)
  if (outside >= 0)
    return { word: outside, fault: `has the head ${words[outside]!.head}, and the words are 1 to ${words.length}` }
  const roots = rootsOf(words)
  const lost = roots.indexOf(-1)
  return lost < 0 ? undefined : { word: lost, fault: 'leads to no root: its heads go round in a circle' }
}

/** The root of the tree that each word is in, from 0: words of one root are a sentence. −1 where heads go round. */
export function rootsOf(words: readonly Pick<ParsedWord, 'head'>[]): number[] {
  const roots = new Array<number | undefined>(words.length)
  for (const start of words.keys()) {
    const path: number[] = []
    let at = start
    while (roots[at] === undefined) {
      // On the way: whoever comes back here has gone round.
      roots[at] = -1
      path.push(at)
      const { head } = words[at]!
      if (head === 0) roots[at] = at
      else at = head - 1
    }
    for (const word of path) roots[word] = roots[at]!
  }
  return roots.map(r => r ?? -1)
}

/** Where words stand in their text, in UTF-16 units [start, end). */
export type Span = readonly [start: number, end: number]
export type Places =
  | { readonly spans: readonly Span[] }
  /** The first word, from 0, with which the text does not go on at `from`; the number of words where the text goes on after the last. */
  | { readonly word: number; readonly from: number }

const SPACE = /\s*/y

/** Finds the words in the text, in order, with nothing but whitespace between them. */
export function placeWords(text: string, words: readonly Pick<ParsedWord, 'form'>[]): Places {
  const spans: Span[] = []
  const skip = (from: number): number => {
    SPACE.lastIndex = from
    SPACE.exec(text)
    return SPACE.lastIndex
  }
  let at = 0
  for (const [word, { form }] of words.entries()) {
    const before = spans.at(-1)
    const start = skip(at)
    if (form === '' && before) {
      spans.push(before)
      continue
    }
    if (form === '' || !text.startsWith(form, start)) return { word, from: start }
    at = start + form.length
    spans.push([start, at])
  }
  const rest = skip(at)
  return rest === text.length ? { spans } : { word: words.length, from: rest }
}

/** Characters of the text that a sentence shows where it does not go on as the parse does. */
const SHOWN = 24

/** At which word text and parse part, as half a sentence; undefined where they go together. */
export function mismatch(text: string, words: readonly Pick<ParsedWord, 'form'>[]): string | undefined {
  const places = placeWords(text, words)
  if ('spans' in places) return undefined
  const goesOn = text.slice(places.from, places.from + SHOWN)
  const word = words[places.word]
  if (!word) return `the text goes on with “${goesOn}” after the last of ${words.length} words`
  return `word ${places.word + 1} is “${word.form}”, and the text ${goesOn === '' ? 'ends there' : `goes on with “${goesOn}”`}`
}
