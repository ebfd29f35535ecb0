import { createRandom, type Random } from '../../statistics/random.ts'
import type { Tokenizer } from '../../text/tokenizer.ts'
import { HeadwiseError } from '../../words/error.ts'
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

const order = ({ clean, corrupt }: DrawnPair): string => JSON.stringify([clean, corrupt])

/**
 * Rows from templates in turn (in random order), so that each has its share. No row comes twice, and in every row the clean and the
 * corrupt text have equally many tokens.
 */
export async function drawTask(
  about: { readonly id: string; readonly metric: 'logit_diff' | 'prob_diff'; readonly notes: readonly string[] },
  templates: readonly Template[],
  tokenizer: Tokenizer,
  { n = DEFAULT_ROWS, seed = 0 }: MakeOptions = {},
): Promise<MadeTask<PairTask>> {
  const { id, metric, notes } = about
  const random = createRandom(seed).fork(`task ${id}`)
  const streams = random.shuffle(templates).map(template => ({ template, random: random.fork(template.name) }))
  const seen = new Set<string>()
  const length = async (text: string) => (await tokenizer.encode(text)).length
  const next = async ({ template, random }: (typeof streams)[number]) => {
    for (let tries = 0; tries < PATIENCE; tries++) {
      const pair = template.draw(random)
      if (seen.has(order(pair))) continue
      if ((await length(pair.clean)) !== (await length(pair.corrupt))) continue
      seen.add(order(pair))
      const [first, ...rest] = pair.answers
      return {
        ...pair,
        answers: [first!, ...rest] as [string, ...string[]],
        distractors: [...pair.distractors],
        template: template.name,
      }
    }
    return undefined
  }
  const rows: NonNullable<Awaited<ReturnType<typeof next>>>[] = []
  let open = streams
  while (rows.length < n && open.length > 0) {
    const left: typeof streams = []
    for (const stream of open) {
      if (rows.length === n) break
      const row = await next(stream)
      if (row) {
        rows.push(row)
        left.push(stream)
      }
    }
    open = rows.length === n ? [] : left
  }
  const [first, ...rest] = rows
  if (!first)
    throw new HeadwiseError(
      `The task ${id} cannot be asked of this model: its tokenizer splits too many of our words.`,
      {
        code: 'task-words',
        fault: 'usage',
        where: id,
        found: 0,
        allowed: '1 or more',
      },
    )
  const few = rows.length < n ? [`${rows.length} different rows exist; ${n} were asked for`] : []
  return { task: { name: id, form: 'next', metric, pairs: [first, ...rest] }, notes: [...notes, ...few], dropped: [] }
}
