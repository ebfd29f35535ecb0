import { bad } from '../../checkpoint/fault.ts'
import { checkTask } from '../../results/input.ts'
import type { Task } from '../../words/task.ts'

/** Reads one published data set; `docs/data.md` says where each is fetched. */
export interface Reader {
  /** Also the name of the folder that is looked for, and the first part of every task's name. */
  readonly id: string
  readonly title: string
  /** Where the data set is published. */
  readonly source: string
  readonly licence: string
  /** Number in the field's list of papers where it stands there, else the citation. */
  readonly paper?: number | string
  /**
   * The tasks of the data set in `folder/id`, or in `folder` itself: one a paradigm, relation or file, in the order of
   * their names. Throws `data-set-missing` where neither holds a file of this data set.
   */
  read(folder: string, options?: ReadOptions): Promise<Task[]>
}
export interface ReadOptions {
  readonly signal?: AbortSignal | undefined
}

interface Scored {
  readonly answers: readonly string[]
  readonly distractors?: readonly string[] | undefined
  readonly template?: string | undefined
}
export interface PromptRow extends Scored {
  readonly text: string
}
export interface PairRow extends Scored {
  readonly clean: string
  readonly corrupt: string
}
/** Two whole texts without answers, for the form `pair`. */
export interface TextPair {
  readonly clean: string
  readonly corrupt: string
  readonly template?: string | undefined
}

/** A task before its rows have been checked. */
export type Draft = { readonly name: string } & (
  | {
      readonly form: 'next' | 'sequence'
      readonly metric: Task['metric']
      readonly prompts: readonly PromptRow[]
    }
  | {
      readonly form: 'next' | 'sequence'
      readonly metric: Task['metric']
      readonly pairs: readonly PairRow[]
    }
  | {
      readonly form: 'pair'
      readonly metric: 'sequence_logprob' | 'accuracy'
      readonly pairs: readonly TextPair[]
    }
)

/** Most characters of all texts and answers of a task together. */
const MAX_CHARACTERS = 2 ** 28

/** The draft as a task, held to the rules of every task; `file` is named where it breaks one. */
export function taskOf(draft: Draft, file: string): Task {
  const characters = lengthOf(draft)
  if (characters <= MAX_CHARACTERS) return checkTask(draft, file)
  const details = { code: 'data-size', file, where: draft.name, found: characters, allowed: MAX_CHARACTERS }
  throw bad(details, `its task ${draft.name} has ${characters} characters, over the limit of ${MAX_CHARACTERS}.`)
}

function lengthOf(draft: Draft): number {
  const rows: readonly (PromptRow | PairRow | TextPair)[] = 'prompts' in draft ? draft.prompts : draft.pairs
  return rows.reduce((sum, row) => {
    const scored = 'answers' in row ? [...row.answers, ...(row.distractors ?? [])] : []
    const texts = 'text' in row ? [row.text] : [row.clean, row.corrupt]
    return [...texts, ...scored].reduce((n, t) => n + t.length, sum)
  }, 0)
}

/** A word as it continues a text: with one space in front. */
export const continued = (word: string): string => ` ${word.trim()}`

/** Groups rows by a key, in the order in which the keys first occur. */
export function groupBy<T>(rows: readonly T[], key: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const row of rows) {
    const group = groups.get(key(row))
    if (group) group.push(row)
    else groups.set(key(row), [row])
  }
  return groups
}
