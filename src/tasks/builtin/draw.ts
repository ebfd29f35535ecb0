import { createRandom, type Random } from '../../statistics/random.ts'
import type { Tokenizer } from '../../text/tokenizer.ts'
import { HeadwiseError, throwIfAborted } from '../../words/error.ts'
import { tick } from '../../words/tick.ts'
import type { MadeTask, MakeOptions } from '../source.ts'
import { DEFAULT_ROWS, type PairTask } from './builtin.ts'

/** One row of a built-in task before its template is known. */
export interface DrawnPair {
  readonly clean: string
  readonly corrupt: string
  readonly answers: readonly string[]
  readonly distractors: readonly string[]
}

/** A pattern of sentences that is filled with words at random. */
export interface Template {
  readonly name: string
  draw(random: Random): DrawnPair
}

/** Draws of one template in a row that gave nothing new before it counts as exhausted. */
const PATIENCE = 200

/** One entry of a list. */
export const pick = <T>(random: Random, list: readonly T[]): T => list[random.integer(list.length)]!
/** Different entries of a list, in random order. */
export const several = <T>(random: Random, list: readonly T[], k: number): T[] =>
  random.sample(list.length, k).map(i => list[i]!)

type Row = PairTask['pairs'][number]

/** New rows of one template, until it gives no more. */
async function* rowsOf(
  template: Template,
  random: Random,
  seen: Set<string>,
  tokenizer: Tokenizer,
): AsyncGenerator<Row, void, void> {
  const length = async (text: string) => (await tokenizer.encode(text)).length
  let misses = 0
  while (misses < PATIENCE) {
    const { answers, distractors, ...texts } = template.draw(random)
    const key = JSON.stringify(texts)
    const fresh = !seen.has(key) && (await length(texts.clean)) === (await length(texts.corrupt))
    misses = fresh ? 0 : misses + 1
    if (!fresh) continue
    seen.add(key)
    yield { ...texts, answers: answers as Row['answers'], distractors: [...distractors], template: template.name }
  }
}

/**
 * Rows from templates in turn (in random order), so that each has its share. No row comes twice, and in every row the
 * clean and the corrupt text have equally many tokens.
 */
export async function drawTask(
  about: { readonly id: string; readonly metric: 'logit_diff' | 'prob_diff'; readonly notes: readonly string[] },
  templates: readonly Template[],
  tokenizer: Tokenizer,
  { n = DEFAULT_ROWS, seed = 0, signal }: MakeOptions = {},
): Promise<MadeTask<PairTask>> {
  const { id, metric, notes } = about
  const random = createRandom(seed).fork(`task ${id}`)
  const seen = new Set<string>()
  const open = new Set(random.shuffle(templates).map(t => rowsOf(t, random.fork(t.name), seen, tokenizer)))
  const rows: Row[] = []
  while (rows.length < n && open.size > 0) {
    throwIfAborted(signal)
    await tick()
    for (const stream of open) {
      if (rows.length === n) break
      const { value, done } = await stream.next()
      if (done) open.delete(stream)
      else rows.push(value)
    }
  }
  const [first, ...rest] = rows
  if (!first)
    throw new HeadwiseError(
      `The task ${id} cannot be asked of this model: its tokenizer splits too many of our words.`,
      { code: 'task-words', fault: 'usage', where: id, found: 0, allowed: '1 or more' },
    )
  const few = rows.length < n ? [`${rows.length} different rows exist; ${n} were asked for`] : []
  return { task: { name: id, form: 'next', metric, pairs: [first, ...rest] }, notes: [...notes, ...few], dropped: [] }
}
