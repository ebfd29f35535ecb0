import { z } from 'zod'
import { knockouts } from '../causal/knockout.ts'
import type { Placed, Places } from '../causal/places.ts'
import { Readings } from '../heads/importance/readings.ts'
import { plan } from '../runs/plan.ts'
import { answeredRows } from '../tasks/rows.ts'
import { sizeOf } from '../words/arrays.ts'
import { HeadwiseError } from '../words/error.ts'
import type { Grid } from '../words/grid.ts'
import { effectGrid } from './effect-grid.ts'
import type { Opened } from './open.ts'
import { placesSchema } from './places.ts'
import { cleanMean, metricText, type Subject, type SubjectOptions, subjectOf, subjectRequest } from './subject.ts'
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

export interface KnockoutOptions extends SubjectOptions {
  /** Positions that can no longer look; default the last. */
  readonly queries?: Places
  /** Positions that they can no longer see. */
  readonly keys: Places
  /** Layers that are cut at a time, around each layer; default 1. */
  readonly window?: number
  /** Every head of the window at once (default), or each head of each layer by itself. */
  readonly by?: 'layer' | 'head'
}

export interface KnockoutResult {
  /** Metric with the edges cut minus clean, [layer] (the window's centre) or [layer, head]. */
  readonly document: Grid
  readonly clean: number
}

const knockoutParameters = z.strictObject({
  queries: placesSchema,
  keys: placesSchema,
  window: z.number().int().min(1).max(1024),
  by: z.enum(['layer', 'head']),
})
type KnockoutParameters = z.infer<typeof knockoutParameters>

/** The request for an attention knockout. A text is measured by the change of its next-token distribution (`kl`). */
export async function knockoutRequest(opened: Opened, o: KnockoutOptions): Promise<SweepRequest> {
  const parameters: KnockoutParameters = {
    queries: o.queries ?? 'last',
    keys: o.keys,
    window: o.window ?? 1,
    by: o.by ?? 'layer',
  }
  const subject = await subjectRequest(opened, o)
  return { command: 'knockout', ...subject, method: { id: 'attention-knockout', version: 1, parameters } }
}

/** The samples with the other texts of their pairs, where `different` asks for them. */
async function placedOf(
  opened: Opened,
  { samples, items, task, nameOf }: Subject,
  { queries, keys }: KnockoutParameters,
): Promise<(Placed & { sample: Subject['samples'][number] })[]> {
  const tokenizer = await opened.tokenizer()
  const sources = new Map<number, readonly number[]>()
  if ((queries === 'different' || keys === 'different') && task?.pairs && task.form !== 'pair') {
    const rows = answeredRows(task, 'corrupt')
    for (const item of items)
      for (const s of item.samples) {
        const { text } = rows[item.row]!
        const after = samples[s]!.text?.slice(rows[item.row]!.other?.length) ?? ''
        sources.set(s, await tokenizer.encode(text + after))
      }
  }
  return samples.map((sample, s) => {
    const source = sources.get(s)
    return { sample, ...(source && { source }), tokenText: id => tokenizer.tokenText(id), name: nameOf(s) }
  })
}

/** Plans such a request. */
export async function planKnockout(
  opened: Opened,
  asked: SweepRequest,
  cut: SweepCut = {},
): Promise<Sweep<KnockoutResult>> {
  const request = budgeted(opened, asked, cut)
  const { engine } = opened
  const { layers, heads } = engine.config
  const parameters = parametersIn(knockoutParameters, request)
  const { by, window } = parameters
  if (by === 'head' && window > 1)
    throw new HeadwiseError(
      `Heads of ${window} layers have nothing in common but their number; cut single heads with a window of 1, or whole layers.`,
      { code: 'knockout-window', fault: 'usage', where: 'window', found: window, allowed: 1 },
    )
  const subject = await subjectOf(opened, request, 'kl')
  const { samples, items, metric, higherIsBetter } = subject
  const placed = await placedOf(opened, subject, parameters)
  const runs = knockouts(placed, parameters, { layers, window, ...(by === 'head' ? { heads } : {}) })
  const shape = by === 'head' ? [layers, heads] : [layers]
  const spec = await sweepSpec(opened, request, subject)
  return sweepOf({
    spec,
    plan: await plan(engine, samples, runs, planOptions(opened, request, cut)),
    finish: async rows => {
      const readings = new Readings(rows, { samples: samples.length, runs: runs.length })
      const document = effectGrid(
        {
          axes: by === 'head' ? [{ name: 'layer' }, { name: 'head' }] : [{ name: 'layer' }],
          shape,
          effects: readings.effects(items, sizeOf(shape)),
          items,
          metric: metricText(metric, 'attention cut minus clean'),
          higherIsBetter,
          seed: request.seed,
        },
        spec,
      )
      return { document, clean: cleanMean(readings, subject) }
    },
  })
}
