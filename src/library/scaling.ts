import { z } from 'zod'
import { factors, scalings } from '../causal/scaling.ts'
import { checkHeads, type HeadSet, setName } from '../heads/importance/head-set.ts'
import { Readings } from '../heads/importance/readings.ts'
import { plan } from '../runs/plan.ts'
import type { Grid } from '../words/grid.ts'
import { effectGrid } from './effect-grid.ts'
import { headPairs, pairsOf, setOfPairs } from './head-pairs.ts'
import type { Opened } from './open.ts'
import { cleanMean, metricText, type SubjectOptions, subjectOf, subjectRequest } from './subject.ts'
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

export interface ScaleOptions extends SubjectOptions {
  /** The heads whose z is scaled together. */
  readonly heads: HeadSet
  /** First and last factor, and how many at equal distances; default −2, 3, 11. */
  readonly from?: number
  readonly to?: number
  readonly steps?: number
}

export interface ScaleResult {
  /** Metric with the heads scaled minus clean, [step]; labels are the factors. */
  readonly document: Grid
  readonly clean: number
  readonly factors: readonly number[]
}

const factor = z.number().min(-1e6).max(1e6)
const scaleParameters = z.strictObject({
  heads: headPairs,
  from: factor,
  to: factor,
  steps: z.number().int().min(1).max(10_000),
})
type ScaleParameters = z.infer<typeof scaleParameters>

/** The request for a scaling curve. */
export async function scaleRequest(opened: Opened, o: ScaleOptions): Promise<SweepRequest> {
  const parameters: ScaleParameters = {
    heads: pairsOf(o.heads),
    from: o.from ?? -2,
    to: o.to ?? 3,
    steps: o.steps ?? 11,
  }
  const subject = await subjectRequest(opened, o)
  return { command: 'scale', ...subject, method: { id: 'head-scaling', version: 1, parameters } }
}

/** Plans such a request. */
export async function planScaling(
  opened: Opened,
  asked: SweepRequest,
  cut: SweepCut = {},
): Promise<Sweep<ScaleResult>> {
  const request = budgeted(opened, asked, cut)
  const { heads, from, to, steps } = parametersIn(scaleParameters, request)
  const { engine } = opened
  const set = setOfPairs(heads)
  checkHeads(set, engine.config)
  const by = factors(from, to, steps)
  const subject = await subjectOf(opened, request)
  const { samples, items, metric, higherIsBetter } = subject
  const spec = await sweepSpec(opened, request, subject)
  return sweepOf({
    spec,
    plan: await plan(engine, samples, scalings(set, by), planOptions(opened, request, cut)),
    finish: async rows => {
      const readings = new Readings(rows, { samples: samples.length, runs: by.length })
      const document = effectGrid(
        {
          axes: [{ name: 'step', unit: 'factor', labels: by.map(String) }],
          shape: [by.length],
          effects: readings.effects(items, by.length),
          items,
          metric: metricText(metric, `${setName(set)} scaled minus clean`),
          higherIsBetter,
          seed: request.seed,
        },
        spec,
      )
      return { document, clean: cleanMean(readings, subject), factors: by }
    },
  })
}
