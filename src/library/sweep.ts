import type { z } from 'zod'
import { validate } from '../results/issue.ts'
import { execute } from '../runs/execute.ts'
import type { Measured, Plan } from '../runs/plan.ts'
import type { Watch } from '../words/error.ts'
import type { Grid } from '../words/grid.ts'
import type { Request, Spec } from '../words/spec.ts'
import { bundleOf, displayed, displayedResult } from './displayed.ts'
import type { Opened } from './open.ts'
import type { EncodedPrompt } from './prompts.ts'
import { specFor } from './spec.ts'

/** The part of a request that decides a sweep. */
export type SweepRequest = Pick<Request, 'command' | 'prompts' | 'task' | 'seed' | 'method' | 'budget'> & {
  /** In force in every run that is compared. */
  readonly edits?: Request['edits']
}

/** What a sweep comes to: its result document, and what else its verb tells of. */
export interface Swept {
  readonly document: Grid | Grid[]
}

/** The parameters of a request's method, checked: a request may come from a file. */
export const parametersIn = <T>(schema: z.ZodType<T>, { method }: Pick<SweepRequest, 'method'>): T =>
  validate(schema, method?.parameters ?? {}, {
    file: 'the request',
    root: 'spec.request.method.parameters',
    code: 'request',
  })

/** How a sweep is cut: in one part for a run here and now, or in small ones for a long job. */
export interface SweepCut {
  readonly parts?: 'small' | undefined
}

/** A planned sweep: what it will cost, and the work. Nothing edited has run yet. */
export interface Sweep<R extends Swept = Swept> {
  /** Everything needed to plan it again. */
  readonly spec: Spec
  readonly plan: Plan
  /** The result, from every reading of the plan in whatever order it came. */
  finish(rows: Iterable<Measured>, watch?: Watch): Promise<R>
  /** Carries the plan out here. */
  execute(watch?: Watch): Promise<R>
}

/** Memory that a long job plans for when nobody says: what is free at the moment must not decide how it is cut. */
const JOB_BUDGET = 2 * 2 ** 30

/** The budget that a request is planned with; for a long job it is part of the request. */
export const budgeted = (opened: Opened, request: SweepRequest, { parts }: SweepCut): SweepRequest => {
  const budget = request.budget ?? (opened.budgetGiven ? opened.budget : parts ? JOB_BUDGET : undefined)
  return budget === undefined ? request : { ...request, budget }
}

/** How `plan` is to be called for a request. */
export const planOptions = (opened: Opened, request: SweepRequest, { parts }: SweepCut) => ({
  budget: request.budget ?? opened.budget,
  ...(parts ? { parts } : {}),
})

/** The spec of a sweep: its request with the sequences of its subject. */
export const sweepSpec = (
  opened: Opened,
  { command, task, edits, seed, method, budget }: SweepRequest,
  { samples, dropped }: { readonly samples: readonly EncodedPrompt[]; readonly dropped: readonly string[] },
): Promise<Spec> =>
  specFor(
    opened,
    {
      command,
      prompts: samples,
      ...(task ? { task } : {}),
      ...(edits ? { edits } : {}),
      seed,
      ...(method ? { method } : {}),
      ...(budget === undefined ? {} : { budget }),
    },
    {},
    dropped,
  )

/** Every reading of a plan, computed here. */
export async function rowsOf(plan: Plan, watch: Watch = {}): Promise<Measured[]> {
  const rows: Measured[] = []
  for await (const row of execute(plan, watch)) rows.push(row)
  return rows
}

/** A sweep of a plan and of what is made of its readings, which shows its document in notebooks. */
export function sweepOf<R extends Swept>(parts: Omit<Sweep<R>, 'execute'>): Sweep<R> {
  const finish: Sweep<R>['finish'] = async (rows, watch) => {
    const swept = await parts.finish(rows, watch)
    const document = displayedResult(swept.document)
    return displayed(swept, () => bundleOf(document))
  }
  return { ...parts, finish, execute: async (watch = {}) => await finish(await rowsOf(parts.plan, watch), watch) }
}
