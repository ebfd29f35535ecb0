import type { Reading, Sample } from '../runs/metric.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import { HeadwiseError } from '../words/error.ts'
import type { Task } from '../words/task.ts'
import { type Continued, continued, splitWord } from './continuation.ts'
import { type AnsweredRow, answeredRows, rowName, type Side, templatesOf } from './rows.ts'

/** A sequence that is run, and the text that it is. */
export type TaskSample = Sample & { readonly text: string }

/** One row of a task that this tokenizer can be asked. */
export interface TaskItem {
  /** Index into the task's prompts or pairs. */
  readonly row: number
  /** The item's samples, as indices into `PreparedTask.samples`. */
  readonly samples: readonly number[]
  /** The item's metric, from the reading of each of its samples in order. */
  value(of: readonly number[]): number
  /** Rows of one template are drawn together where an interval is taken. */
  readonly template: string | undefined
}

export interface PreparedTask {
  readonly task: Task
  /** Every sequence once, however many items share it. */
  readonly samples: readonly TaskSample[]
  readonly items: readonly TaskItem[]
  /** Which rows were left out, and why: one sentence a row. */
  readonly dropped: readonly string[]
  readonly higherIsBetter: boolean
}

/** What a row asks of the model before equal samples are found, or why it is left out. */
interface Asked {
  readonly samples: readonly TaskSample[]
  value(of: readonly number[]): number
}
type Answered = Exclude<Task, { form: 'pair' }>

const only: Asked['value'] = of => of[0]!
const mean = (xs: readonly number[]): number => xs.reduce((s, x) => s + x, 0) / xs.length
const oneRight = (answers: readonly number[], distractors: readonly number[]): number =>
  Math.max(...answers) > Math.max(...distractors) ? 1 : 0

/** The text of a row, read once. */
const ofText = ({ text }: AnsweredRow, ids: readonly number[], read: Reading): Asked => ({
  samples: [{ ids, text, read }],
  value: only,
})

/** The text itself, whatever its answers; a pair's other text must serve as well. */
async function ofPlainText(row: AnsweredRow, metric: 'loss' | 'kl', tokenizer: Tokenizer): Promise<Asked | string> {
  const ids = await tokenizer.encode(row.text)
  const other = row.other === undefined ? ids : await tokenizer.encode(row.other)
  if (metric === 'loss' && Math.min(ids.length, other.length) < 2) return 'a text is one token, and a loss needs two'
  return ofText(row, ids, { metric })
}

/** A sequence for each continuation: mean Σ log p of the answers less that of the distractors, or which is best. */
function ofContinuations(row: AnsweredRow, ids: Continued, metric: Task['metric']): Asked {
  const words = [...row.answers, ...row.distractors]
  const samples = [...ids.answers, ...ids.distractors].map((after, i) => ({
    ids: [...ids.text, ...after],
    text: row.text + words[i]!,
    read: { metric: 'sequence_logprob' as const, from: ids.text.length },
  }))
  const n = row.answers.length
  const difference = (of: readonly number[]) => mean(of.slice(0, n)) - (of.length > n ? mean(of.slice(n)) : 0)
  return {
    samples,
    value: of => (metric === 'accuracy' ? oneRight(of.slice(0, n), of.slice(n)) : difference(of)),
  }
}

async function ofAnswers(task: Answered, row: AnsweredRow, tokenizer: Tokenizer): Promise<Asked | string> {
  const { form, metric } = task
  if (metric === 'loss' || metric === 'kl') return await ofPlainText(row, metric, tokenizer)
  const ids = await continued(row, tokenizer)
  if (typeof ids === 'string') return ids
  const split = form === 'next' ? splitWord(row, ids) : undefined
  if (split !== undefined) return split
  if (metric === 'sequence_logprob' || form === 'sequence') return ofContinuations(row, ids, metric)
  const read = { metric, answers: ids.answers.map(a => a[0]!), distractors: ids.distractors.map(d => d[0]!) }
  return ofText(row, ids.text, read)
}

/**
 * Two whole texts, each token of which is read. Where the tokenizer puts nothing in front of a text its `<|endoftext|>`
 * stands there, as evaluation harnesses do: otherwise the first token would have no probability.
 */
async function ofTexts(
  { clean, corrupt }: { readonly clean: string; readonly corrupt: string },
  metric: Task['metric'],
  tokenizer: Tokenizer,
): Promise<Asked | string> {
  const { firstToken, bosLike } = tokenizer
  const before = firstToken === undefined && bosLike !== undefined ? [bosLike] : []
  const samples: TaskSample[] = []
  for (const text of [clean, corrupt]) {
    const ids = [...before, ...(await tokenizer.encode(text))]
    samples.push({ text, ids, read: { metric: 'sequence_logprob', from: 1 } })
  }
  if (samples.some(s => s.ids.length < 2)) return 'a text is one token, and its probability needs two or more'
  if (samples[0]!.ids[0] !== samples[1]!.ids[0])
    return 'the first tokens differ and this tokenizer has none to stand before them, so that the probabilities do not compare'
  return { samples, value: of => (metric === 'accuracy' ? Number(of[0]! > of[1]!) : of[0]! - of[1]!) }
}

function checkSide(task: Task, side: Side): void {
  if (side === 'clean' || (task.pairs && task.form !== 'pair')) return
  const found = task.form === 'pair' ? 'the form pair, whose two texts are one item' : 'prompts without a second side'
  throw new HeadwiseError(
    `The task "${task.name}" has ${found}; a run of the corrupt side needs pairs with answers (form next or sequence).`,
    { code: 'task-side', fault: 'usage', where: 'task', found, allowed: 'pairs with answers' },
  )
}

async function askedRows(task: Task, side: Side, tokenizer: Tokenizer): Promise<(Asked | string)[]> {
  checkSide(task, side)
  const asked: (Asked | string)[] = []
  if (task.form === 'pair') for (const pair of task.pairs) asked.push(await ofTexts(pair, task.metric, tokenizer))
  else for (const row of answeredRows(task, side)) asked.push(await ofAnswers(task, row, tokenizer))
  return asked
}

/** The rows of a task that this tokenizer can be asked; possibly none. */
async function prepare(task: Task, tokenizer: Tokenizer, side: Side): Promise<PreparedTask> {
  const templates = templatesOf(task)
  const places = new Map<string, number>()
  const samples: TaskSample[] = []
  const place = (sample: TaskSample): number => {
    const key = JSON.stringify([sample.ids, sample.read])
    const known = places.get(key)
    if (known !== undefined) return known
    places.set(key, samples.length)
    return samples.push(sample) - 1
  }
  const items: TaskItem[] = []
  const dropped: string[] = []
  for (const [row, asked] of (await askedRows(task, side, tokenizer)).entries()) {
    if (typeof asked === 'string') dropped.push(`${rowName(task, row)}: ${asked}`)
    else items.push({ row, samples: asked.samples.map(place), value: asked.value, template: templates[row] })
  }
  return { task, samples, items, dropped, higherIsBetter: task.metric !== 'loss' && task.metric !== 'kl' }
}

/** The refusal of a task none of whose rows the tokenizer can be asked; `found` is why not, for one of them. */
export const emptyTask = (task: Task, found = 'no rows'): HeadwiseError =>
  new HeadwiseError(`The task "${task.name}" has no row that this model can be asked: ${found}.`, {
    code: 'task-empty',
    fault: 'usage',
    where: task.prompts ? 'prompts' : 'pairs',
    found,
    allowed: 'one row or more that the tokenizer can be asked',
  })

/**
 * A task as sequences of this tokenizer and what is read off each. A row that it cannot be asked (an answer split where
 * one token is needed, an answer that merges with the text) is left out and told of; of pairs the same rows are left
 * out on both sides. Throws `task-empty` when nothing is left.
 * @param side which text of each pair is run; the form `pair` always runs both
 */
export async function prepareTask(task: Task, tokenizer: Tokenizer, side: Side = 'clean'): Promise<PreparedTask> {
  const prepared = await prepare(task, tokenizer, side)
  if (prepared.items.length > 0) return prepared
  throw emptyTask(task, prepared.dropped[0])
}

/**
 * The same rows read as right or wrong; undefined where that means nothing: continuations without any to compare with,
 * or no row whose answers are single tokens.
 */
export async function accuracyOf(task: Task, tokenizer: Tokenizer): Promise<PreparedTask | undefined> {
  if (task.form === 'sequence' && answeredRows(task, 'clean').some(r => r.distractors.length === 0)) return undefined
  const prepared = await prepare({ ...task, metric: 'accuracy' }, tokenizer, 'clean')
  return prepared.items.length > 0 ? prepared : undefined
}

/** Why the first row of a task cannot be asked of a tokenizer; undefined when it can. */
export async function leftOut(task: Task, tokenizer: Tokenizer): Promise<string | undefined> {
  const [asked] = await askedRows(task, 'clean', tokenizer)
  return typeof asked === 'string' ? asked : undefined
}

/** One cluster a template for the bootstrap, as `BootstrapOptions.clusters` takes them; rows without are their own. */
export const clustersOf = ({ items }: Pick<PreparedTask, 'items'>): (string | number)[] =>
  items.map(({ template, row }) => template ?? row)
