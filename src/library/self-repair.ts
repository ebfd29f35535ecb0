import { z } from 'zod'
import { directChanges, repairRuns, selfRepair } from '../causal/self-repair.ts'
import { Readings } from '../heads/importance/readings.ts'
import type { Sample } from '../runs/metric.ts'
import { plan } from '../runs/plan.ts'
import { HeadwiseError } from '../words/error.ts'
import type { Grid } from '../words/grid.ts'
import type { Task } from '../words/task.ts'
import { baselineOn, RESAMPLE_DRAWS } from './baseline.ts'
import { effectGrid } from './effect-grid.ts'
import type { Opened } from './open.ts'
import { type Subject, subjectOf, subjectRequest } from './subject.ts'
import {
  budgeted,
  parametersIn,
  planOptions,
  type Sweep,
  type SweepCut,
  type SweepRequest,
  sweepOf,
  sweepSpec,
} from './sweep.ts'

export interface SelfRepairOptions {
  /** A task of the form `next` with the metric logit_diff and two prompts or more. */
  readonly task: Task
  readonly seed?: number
}

const QUANTITIES = ['total', 'direct', 'repair'] as const
type RepairQuantity = (typeof QUANTITIES)[number]

export interface SelfRepairResult {
  /** Changes of the logit difference when a head is resampled, each [layer, head]: total, direct, and their difference. */
  readonly document: Grid[]
}

const selfRepairParameters = z.strictObject({
  draws: z.number().int().min(1).max(1024),
})
type SelfRepairParameters = z.infer<typeof selfRepairParameters>

/** The request for self-repair beside the total and the direct effect. */
export async function selfRepairRequest(opened: Opened, o: SelfRepairOptions): Promise<SweepRequest> {
  const parameters: SelfRepairParameters = { draws: RESAMPLE_DRAWS }
  const subject = await subjectRequest(opened, o)
  return { command: 'self-repair', ...subject, method: { id: 'self-repair', version: 1, parameters } }
}

const WHAT: Record<RepairQuantity, string> = {
  total: 'logit_diff, head resampled minus clean: all paths, logits',
  direct: 'logit_diff, head resampled minus clean: direct path, clean norm scale, logits',
  repair: 'logit_diff, self-repair: all paths minus direct path, logits',
}

type Compared = Extract<Sample['read'], { metric: 'logit_diff' }>
type ComparedSample = Sample & { readonly read: Compared }
const compares = (sample: Sample): sample is ComparedSample => sample.read.metric === 'logit_diff'

function comparedSamples({ samples, task, metric }: Subject): ComparedSample[] {
  const all = samples.filter(compares)
  if (task && all.length === samples.length) return all
  throw new HeadwiseError(
    `A direct effect is a part of a logit difference: give a task of the form next with the metric logit_diff${task ? `; "${task.name}" has ${task.form} and ${metric}` : ''}.`,
    { code: 'self-repair-metric', fault: 'usage', where: 'task', found: metric, allowed: 'logit_diff' },
  )
}

/** Plans such a request. The direct effects are computed when the plan's readings are in: a few passes a prompt. */
export async function planSelfRepair(
  opened: Opened,
  asked: SweepRequest,
  cut: SweepCut = {},
): Promise<Sweep<SelfRepairResult>> {
  const request = budgeted(opened, asked, cut)
  const { draws } = parametersIn(selfRepairParameters, request)
  const { engine } = opened
  const { layers, heads } = engine.config
  const { seed } = request
  const { baseline, subject, others } = baselineOn({ mode: 'resample', draws }, await subjectOf(opened, request), seed)
  const samples = comparedSamples(subject)
  if (baseline.mode !== 'resample') throw new Error('a resample baseline was asked for')
  const runs = repairRuns(engine, baseline)
  const context = { others }
  const spec = await sweepSpec(opened, request, subject)
  return sweepOf({
    spec,
    plan: await plan(engine, samples, runs, { ...planOptions(opened, request, cut), context }),
    finish: async (rows, watch) => {
      const readings = new Readings(rows, { samples: samples.length, runs: runs.length })
      const cells = layers * heads
      const total = readings.effects(subject.items, cells, draws)
      const bySample = await directChanges(engine, samples, baseline, context, watch)
      const direct = Float64Array.from(total, (_, i) => {
        const [sample] = subject.items[Math.floor(i / cells)]!.samples
        return bySample[sample! * cells + (i % cells)]!
      })
      const of = { total, direct, repair: selfRepair(total, direct) }
      const document = QUANTITIES.map(quantity =>
        effectGrid(
          {
            axes: [{ name: 'layer' }, { name: 'head' }],
            shape: [layers, heads],
            effects: of[quantity],
            items: subject.items,
            metric: WHAT[quantity],
            seed,
          },
          spec,
        ),
      )
      return { document }
    },
  })
}
