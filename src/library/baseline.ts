import { z } from 'zod'
import { type Baseline, otherPrompts } from '../heads/importance/removal.ts'
import { HeadwiseError } from '../words/error.ts'
import type { Subject } from './subject.ts'

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

/** The baseline on a subject; refuses one that takes other prompts where there are none. */
export function baselineOf(given: BaselineParameters, { samples, task, items }: Subject, seed: number): Baseline {
  if (given.mode === 'zero') return { mode: 'zero' }
  if (given.mode === 'resample') {
    if (!task || items.length < 2)
      throw refuse(
        `--mode resample takes what a head computes on another prompt of a task, and there ${task ? 'is one prompt' : 'is no task'}; give --task with two prompts or more, or use zero or mean.`,
        'mode',
        task ? items.length : 'no task',
      )
    return { mode: 'resample', seed, draws: given.draws }
  }
  const { reference } = given
  if (reference !== 'others') return { mode: 'mean', reference }
  const references = otherPrompts(samples.map(s => s.ids))
  const alone = references.findIndex(others => !others.some(ids => ids.length > 1))
  if (alone < 0) return { mode: 'mean', references }
  throw refuse(
    `A mean over other prompts needs two different ones, and prompt ${alone} has no other; give texts to average over (--reference).`,
    'reference',
    samples.length,
  )
}
