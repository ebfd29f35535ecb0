import { bad, show } from '../checkpoint/fault.ts'
import type { HeadwiseError } from '../words/error.ts'
import { isForm, isRelation, MAX_WORDS, mismatch, type Parse, type ParsedWord, treeFault } from './parse.ts'

/** A sentence of a CoNLL-U file. */
export interface ParsedSentence {
  /** As its comment `# text` has it, else its words with the spaces that `SpaceAfter=No` leaves. */
  readonly text: string
  readonly words: Parse
  /** The comment `# sent_id`. */
  readonly id?: string
  /** The line of its first word, from 1. */
  readonly line: number
}

const MAX_SENTENCES = 100_000
const FIELDS = 10
const ID = /^(\d{1,5})(?:([-.])(\d{1,5}))?$/
const NO_SPACE = 'SpaceAfter=No'

/** What stands in the text: a word, or several that are written as one. */
interface Surface {
  readonly form: string
  readonly spaced: boolean
  /** The last of its words, from 1. */
  readonly last: number
}

/** A sentence as far as it has been read. */
interface Draft {
  line: number
  readonly comments: Map<string, string>
  readonly words: ParsedWord[]
  readonly lines: number[]
  readonly surfaces: Surface[]
}

const draft = (): Draft => ({ line: 0, comments: new Map(), words: [], lines: [], surfaces: [] })

/**
 * The sentences of a text in CoNLL-U (https://universaldependencies.org/format.html). Words that are written as one
 * (`1-2 don't`) share its place, or each have their part of it where they make it up; empty nodes (`1.1`) and enhanced
 * dependencies are left out. Throws `conllu-…`, which names the line, for what is no such text: every word needs a head
 * and a relation, every sentence is a tree with one root, and its words are those of its `# text`.
 */
export function readConllu(text: string, file: string): ParsedSentence[] {
  const sentences: ParsedSentence[] = []
  let now = draft()
  const end = (): void => {
    if (now.words.length === 0 && now.surfaces.length === 0) return
    if (sentences.length === MAX_SENTENCES) throw wrong(now.line, 'sentences', `begins sentence ${MAX_SENTENCES + 1}`)
    sentences.push(finished(now, file))
    now = draft()
  }
  const wrong = (line: number, what: string, fault: string, found?: unknown): HeadwiseError =>
    bad({ code: `conllu-${what}`, file, where: `line ${line}`, found }, `line ${line} ${fault}.`)
  let line = 0
  for (const raw of linesOf(text)) {
    line++
    if (raw.trim() === '') end()
    else if (raw.startsWith('#') && now.surfaces.length === 0) comment(now, raw)
    else if (raw.startsWith('#')) throw wrong(line, 'comment', 'is a comment between words; comments stand before them')
    else readLine(now, raw, (what, fault, found) => wrong(line, what, fault, found), line)
  }
  end()
  if (sentences.length === 0) throw bad({ code: 'conllu-empty', file, found: 0 }, 'this text holds no parsed sentence.')
  return sentences
}

function* linesOf(text: string): Generator<string> {
  for (let from = text.startsWith('\ufeff') ? 1 : 0; from < text.length; ) {
    const at = text.indexOf('\n', from)
    const to = at < 0 ? text.length : at
    yield text.slice(from, text[to - 1] === '\r' ? to - 1 : to)
    from = to + 1
  }
}

function comment(now: Draft, line: string): void {
  const at = line.indexOf('=')
  if (at > 0) now.comments.set(line.slice(1, at).trim(), line.slice(at + 1).trim())
}

type Wrong = (what: string, fault: string, found?: unknown) => HeadwiseError

function readLine(now: Draft, raw: string, wrong: Wrong, line: number): void {
  const fields = raw.split('\t', FIELDS + 1)
  if (fields.length !== FIELDS) {
    const many = fields.length > FIELDS ? 'more' : fields.length
    throw wrong('fields', `has ${many} fields; a word of CoNLL-U has 10, with tabs between them`, fields.length)
  }
  const [id = '', form = '', , , , , head = '', relation = '', , misc = ''] = fields
  const [, first, kind, second] = ID.exec(id) ?? []
  const next = now.words.length + 1
  if (first === undefined) throw wrong('id', `has the number ${show(id)}; allowed are 1, 1-2 and 1.1`, id)
  if (now.line === 0) now.line = line
  if (kind === '.') {
    if (Number(first) !== next - 1) throw wrong('id', `has the empty node ${id} after word ${next - 1}`, id)
    return
  }
  if (!isForm(form))
    throw wrong('form', `has the form ${show(form)}; a word neither is empty nor begins or ends with a space`, form)
  const covered = now.surfaces.at(-1)?.last ?? 0
  const spaced = !misc.split('|').includes(NO_SPACE)
  if (Number(first) !== next) throw wrong('id', `has the number ${id} where word ${next} should stand`, id)
  if (kind === '-') {
    if (covered >= next || Number(second) < next)
      throw wrong('id', `has the range ${id}, which does not cover the words from ${next} on`, id)
    now.surfaces.push({ form, spaced, last: Number(second) })
    return
  }
  if (next > MAX_WORDS) throw wrong('words', `has word ${next} of its sentence; at most ${MAX_WORDS} are read`, next)
  if (!/^\d{1,5}$/.test(head))
    throw wrong('head', `has the head ${show(head)}; every word needs the number of its head, 0 for the root`, head)
  if (!isRelation(relation))
    throw wrong(
      'relation',
      `has the relation ${show(relation)}; one begins with a letter, as nsubj or nsubj:pass do`,
      relation,
    )
  if (covered < next) now.surfaces.push({ form, spaced, last: next })
  now.words.push({ form, head: Number(head), relation })
  now.lines.push(line)
}

function finished({ line, comments, words, lines, surfaces }: Draft, file: string): ParsedSentence {
  const wrong = (at: number, what: string, sentence: string): HeadwiseError =>
    bad({ code: `conllu-${what}`, file, where: `line ${at}` }, sentence)
  const last = surfaces.at(-1)?.last ?? 0
  if (last > words.length)
    throw wrong(line, 'id', `the sentence at line ${line} ends before word ${last}, which a range of it names.`)
  const fault = treeFault(words)
  if (fault) throw wrong(lines[fault.word]!, 'tree', `line ${lines[fault.word]} ${fault.fault}.`)
  const roots = words.flatMap((w, i) => (w.head === 0 ? [i] : []))
  if (roots.length > 1)
    throw wrong(
      lines[roots[1]!]!,
      'tree',
      `line ${lines[roots[1]!]} is a second root; a sentence has one word with the head 0.`,
    )
  const placed = inPlace(words, surfaces)
  const text = comments.get('text') ?? textOf(surfaces)
  const parted = mismatch(text, placed)
  if (parted !== undefined) throw wrong(line, 'text', `the sentence at line ${line} is not its # text: ${parted}.`)
  const id = comments.get('sent_id')
  return { text, words: placed, line, ...(id !== undefined && { id }) }
}

/** The words with the forms that they have in the text. */
function inPlace(words: readonly ParsedWord[], surfaces: readonly Surface[]): ParsedWord[] {
  let from = 0
  return surfaces.flatMap(({ form, last }) => {
    const part = words.slice(from, last)
    from = last
    if (part.map(w => w.form).join('') === form) return part
    return part.map((w, i) => ({ ...w, form: i === 0 ? form : '' }))
  })
}

const textOf = (surfaces: readonly Surface[]): string =>
  surfaces.map(({ form, spaced }, i) => (spaced && i < surfaces.length - 1 ? `${form} ` : form)).join('')

/** Several sentences as one parse of one text: heads count on. */
export function oneParse(sentences: readonly Pick<ParsedSentence, 'words'>[]): Parse {
  const all: ParsedWord[] = []
  for (const { words } of sentences) {
    const before = all.length
    all.push(...words.map(w => ({ ...w, head: w.head === 0 ? 0 : w.head + before })))
  }
  return all
}
