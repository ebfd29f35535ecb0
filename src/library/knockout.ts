import { z } from 'zod'
import { knockouts } from '../causal/knockout.ts'
import type { Placed, Places } from '../causal/places.ts'
import { Readings } from '../heads/importance/readings.ts'
import { blindQueries } from '../runs/edits.ts'
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
  /** Queries, of all samples, with no key left: there is nothing to renormalise, and they get zeros. */
  readonly blind: number
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

const ambiguous = (name: string): HeadwiseError =>
  new HeadwiseError(
    `${name} has a text in common with another pair, and their other texts differ, so that there are two answers to where the texts are different; give positions, or leave one of the pairs out.`,
    { code: 'knockout-pairs', fault: 'usage', where: name, found: 'two other texts', allowed: 'one other text' },
  )

/** For each sample the other text of its pair, as long as the sample where the two can be compared. */
async function otherTexts({ tokenizer }: Opened, { samples, items, task, nameOf }: Subject) {
  const others = new Map<number, readonly number[]>()
  const put = (s: number, ids: readonly number[]): void => {
    const known = others.get(s)
    if (known && known.join() !== ids.join()) throw ambiguous(nameOf(s))
    others.set(s, ids)
  }
  if (task?.form === 'pair') {
    for (const item of items) {
      const [clean, corrupt] = item.samples as [number, number]
      put(clean, samples[corrupt]!.ids)
      put(corrupt, samples[clean]!.ids)
    }
  } else if (task?.pairs) {
    const rows = answeredRows(task, 'corrupt')
    for (const item of items)
      for (const s of item.samples) {
        const { text } = rows[item.row]!
        const after = samples[s]!.text?.slice(rows[item.row]!.other?.length) ?? ''
        put(s, await (await tokenizer()).encode(text + after))
      }
  }
  return others
}

/** The samples with the other texts of their pairs, where `different` asks for them. */
async function placedOf(
  opened: Opened,
  subject: Subject,
  { queries, keys }: KnockoutParameters,
): Promise<(Placed & { sample: Subject['samples'][number] })[]> {
  const tokenizer = await opened.tokenizer()
  const different = queries === 'different' || keys === 'different'
  const others = different ? await otherTexts(opened, subject) : new Map<number, readonly number[]>()
  return subject.samples.map((sample, s) => {
    const source = others.get(s)
    const name = subject.nameOf(s)
    return { sample, ...(source && { source }), tokenText: id => tokenizer.tokenText(id), name }
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
  // Which positions are cut is the same in every run.
  const blind = samples.reduce((n, { ids }, s) => n + blindQueries(runs[0]!, ids, s), 0)
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
      return { document, clean: cleanMean(readings, subject), blind }
    },
  })
}
