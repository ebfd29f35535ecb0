import { z } from 'zod'
import { type Baseline, otherPrompts, type Sequences } from '../heads/importance/removal.ts'
import { HeadwiseError } from '../words/error.ts'
import { type Subject, without } from './subject.ts'

export const MODES = ['zero', 'mean', 'resample'] as const
export type Mode = (typeof MODES)[number]

/** Runs behind one resampled removal. */
export const RESAMPLE_DRAWS = 8

/** What stands in for removed heads, as callers say it. */
export interface BaselineOptions {
  readonly mode: Mode
  /**
   * For `mean`: the same text (default), texts whose positions from 1 on are averaged, or in that way the other prompts
   * (default for a task).
   */
  readonly reference?: 'self' | 'others' | readonly (readonly number[])[]
}

const count = z.number().int().nonnegative()
const lists = z.array(z.array(count).min(1)).min(1)
/** The parameters of each mode in a request. */
export const baselineParameters = {
  zero: z.strictObject({}),
  mean: z.strictObject({ reference: z.union([z.literal(['self', 'others']), lists]).default('self') }),
  resample: z.strictObject({ draws: z.number().int().min(1).max(1024).default(RESAMPLE_DRAWS) }),
} as const
export type BaselineParameters =
  | { readonly mode: 'zero' }
  | ({ readonly mode: 'mean' } & z.infer<typeof baselineParameters.mean>)
  | ({ readonly mode: 'resample' } & z.infer<typeof baselineParameters.resample>)

/** What a request says of the baseline that these options mean. */
export function parametersOf({ mode, reference }: BaselineOptions, ofTask: boolean): Record<string, unknown> {
  if (mode === 'zero') return {}
  if (mode === 'resample') return { draws: RESAMPLE_DRAWS }
  return { reference: reference ?? (ofTask ? 'others' : 'self') }
}

const refuse = (message: string, where: string, found: unknown) =>
  new HeadwiseError(message, { code: 'baseline', fault: 'usage', where, found, allowed: '2 prompts or more' })

/** A baseline on a subject. */
export interface OnSubject {
  readonly baseline: Baseline
  /** The subject without what cannot be measured against this baseline. */
  readonly subject: Subject
  /** Whose values resampled heads may get. */
  readonly others: Sequences
}

/** The subject without the prompts for which no other one is long enough to take z from at every position. */
function resampled(subject: Subject, others: Sequences): Subject {
  const { samples } = subject
  const alone = (own: readonly number[]): boolean =>
    !others.some(ids => ids.length >= own.length && ids.join() !== own.join())
  return without(subject, item =>
    item.samples.some(s => alone(samples[s]!.ids)) ? 'no other prompt is as long as this one' : undefined,
  )
}

/** What stands in for heads on a subject; refuses a baseline of other prompts where there are none. */
export function baselineOn(given: BaselineParameters, subject: Subject, seed: number): OnSubject {
  const { samples, task, items } = subject
  const sequences = items.map(item => item.samples.map(s => samples[s]!.ids))
  // Of the sequences that a prompt makes with its continuations one stands for it.
  const others = [...new Map(sequences.map(([first]) => [first!.join(), first!])).values()]
  const as = (baseline: Baseline): OnSubject => ({ baseline, subject, others })
  if (given.mode === 'zero') return as({ mode: 'zero' })
  if (given.mode === 'resample') {
    const kept = resampled(subject, others)
    if (!task || items.length < 2 || kept.items.length === 0)
      throw refuse(
        `resample takes what a head computes on another prompt of a task, and there ${task ? `${items.length === 1 ? 'is one prompt' : 'are no two of one length'}` : 'is no task'}; give a task with two prompts or more, or use zero or mean.`,
        'mode',
        task ? items.length : 'no task',
      )
    return { baseline: { mode: 'resample', seed, draws: given.draws }, subject: kept, others }
  }
  const { reference } = given
  if (reference !== 'others') return as({ mode: 'mean', reference })
  const ofItem = otherPrompts(sequences)
  const references = samples.map((_, s) => ofItem[items.findIndex(item => item.samples.includes(s))]!)
  const alone = references.findIndex(list => !list.some(ids => ids.length > 1))
  if (alone < 0) return as({ mode: 'mean', references })
  throw refuse(
    `A mean over other prompts needs two different ones, and prompt ${alone} has no other; give texts to average over (--reference).`,
    'reference',
    samples.length,
  )
}
