import type { Readings } from '../heads/importance/readings.ts'
import type { Sample } from '../runs/metric.ts'
import { prepareTask, type TaskItem } from '../tasks/prepare.ts'
import { HeadwiseError } from '../words/error.ts'
import type { Request } from '../words/spec.ts'
import type { Task } from '../words/task.ts'
import type { Opened } from './open.ts'
import type { EncodedPrompt, Prompt } from './prompts.ts'
import { encodeAll } from './spec.ts'

/** What a sweep is measured on, as callers give it: one text, several prompts, or a task. */
export interface SubjectOptions {
  readonly text?: string
  readonly prompts?: readonly Prompt[]
  readonly task?: Task
  /** Seed of every random draw; default 0. */
  readonly seed?: number
  readonly signal?: AbortSignal | undefined
}

/** What a request says of its subject. */
export type SubjectRequest = Pick<Request, 'prompts' | 'task' | 'seed'>

/** What a sweep is measured on, as sequences and what is read off them. */
export interface Subject {
  readonly samples: readonly (Sample & EncodedPrompt)[]
  readonly items: readonly TaskItem[]
  readonly task: Task | undefined
  readonly metric: Task['metric']
  readonly higherIsBetter: boolean
  readonly dropped: readonly string[]
  /** How messages name the prompt of a sample. */
  nameOf(sample: number): string
}

/** The part of a request that names what is measured: texts become ids, tasks stay as they are. */
export async function subjectRequest(opened: Opened, o: SubjectOptions): Promise<SubjectRequest> {
  const seed = o.seed ?? 0
  if (o.task) return { prompts: [], task: (await import('../results/input.ts')).checkTask(o.task, 'task'), seed }
  const given = o.prompts ?? (o.text === undefined ? [] : [o.text])
  const prompts = (await encodeAll(opened, given, o.signal)).map(({ ids, text }) => ({
    ids: [...ids],
    ...(text === undefined ? {} : { text }),
  }))
  return { prompts, seed }
}

/** The subject of a request: its task's rows, or its prompts with the metric that plain texts have here. */
export async function subjectOf(
  opened: Opened,
  { task, prompts }: SubjectRequest,
  plain: 'loss' | 'kl' = 'loss',
): Promise<Subject> {
  if (!task) return textSubject(prompts, plain)
  const prepared = await prepareTask(task, await opened.tokenizer())
  const { samples, items, dropped, higherIsBetter } = prepared
  const rows = new Map(items.flatMap(item => item.samples.map(s => [s, item.row] as const)))
  const list = task.prompts ? 'prompts' : 'pairs'
  const nameOf = (sample: number) => `${list}[${rows.get(sample) ?? sample}]`
  return { samples, items, task, metric: task.metric, higherIsBetter, dropped, nameOf }
}

function textSubject(prompts: Request['prompts'], metric: 'loss' | 'kl'): Subject {
  if (prompts.length === 0)
    throw new HeadwiseError('There is nothing to measure on: give a text, token ids or a task.', {
      code: 'subject-empty',
      fault: 'usage',
      where: 'prompts',
      found: 0,
      allowed: '1 or more',
    })
  const short = prompts.findIndex(p => p.ids.length < 2)
  if (metric === 'loss' && short >= 0)
    throw new HeadwiseError(`Prompt ${short} has one token, and a loss needs two or more.`, {
      code: 'subject-short',
      fault: 'usage',
      where: `prompts[${short}]`,
      found: 1,
      allowed: '2 or more',
    })
  return {
    samples: prompts.map(({ ids, text }) => ({ ids, ...(text === undefined ? {} : { text }), read: { metric } })),
    items: prompts.map((_, row) => ({ row, samples: [row], value: of => of[0]!, template: undefined })),
    task: undefined,
    metric,
    higherIsBetter: false,
    dropped: [],
    nameOf: sample => `prompts[${sample}]`,
  }
}

/** The subject without the items for which `why` gives a reason; they are told of by row. */
export function without(subject: Subject, why: (item: TaskItem) => string | undefined): Subject {
  const reasons = new Map(subject.items.map(item => [item, why(item)]))
  const items = subject.items.filter(item => reasons.get(item) === undefined)
  if (items.length === subject.items.length) return subject
  const kept = [...new Set(items.flatMap(item => item.samples))]
  const place = new Map(kept.map((s, i) => [s, i]))
  const dropped = [...reasons].flatMap(([item, reason]) =>
    reason === undefined ? [] : [`${subject.nameOf(item.samples[0]!)}: ${reason}`],
  )
  return {
    ...subject,
    samples: kept.map(s => subject.samples[s]!),
    items: items.map(item => ({
      ...item,
      samples: item.samples.map(s => place.get(s)!),
      value: of => item.value(of),
    })),
    dropped: [...subject.dropped, ...dropped],
    nameOf: sample => subject.nameOf(kept[sample] ?? sample),
  }
}

const UNITS: Partial<Record<Task['metric'], string>> = {
  logit_diff: 'logits',
  loss: 'nats per token',
  sequence_logprob: 'nats',
  kl: 'nats',
}
/** A metric's name with its unit where it has one, after what was done. */
export const metricText = (metric: Task['metric'], done: string): string =>
  `${metric}, ${done}${UNITS[metric] ? `, ${UNITS[metric]}` : ''}`

/** The mean of the clean metric over the items. */
export function cleanMean(readings: Readings, { items }: Pick<Subject, 'items'>): number {
  const clean = readings.clean(items)
  return clean.reduce((s, x) => s + x, 0) / clean.length
}
