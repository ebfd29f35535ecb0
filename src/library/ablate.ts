import { ablations, harmless } from '../heads/importance/ablation.ts'
import { Readings } from '../heads/importance/readings.ts'
import { runsOfSet } from '../heads/importance/removal.ts'
import { gridValues } from '../results/grid.ts'
import { plan } from '../runs/plan.ts'
import { HeadwiseError } from '../words/error.ts'
import type { Grid } from '../words/grid.ts'
import {
  type BaselineOptions,
  type BaselineParameters,
  baselineOn,
  baselineParameters,
  MODES,
  parametersOf,
} from './baseline.ts'
import { effectGrid } from './effect-grid.ts'
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

export interface AblateOptions extends SubjectOptions, BaselineOptions {}

export interface AblationResult {
  /** Metric with the head removed minus clean, [layer, head]. */
  readonly document: Grid
  /** Mean of the clean metric. */
  readonly clean: number
  /** Heads that can be removed alone with less than 1% of harm to the metric. */
  readonly harmless: number
}
export type AblationPlan = Sweep<AblationResult>

const HARM = 0.01

/** The request for the removal of every head, one at a time. */
export async function ablateRequest(opened: Opened, o: AblateOptions): Promise<SweepRequest> {
  const subject = await subjectRequest(opened, o)
  const parameters = parametersOf(o, subject.task !== undefined)
  return { command: 'ablate', ...subject, method: { id: `ablate-${o.mode}`, version: 1, parameters } }
}

/** What stands in for the heads, as the request says it. */
function modeOf(request: SweepRequest): BaselineParameters {
  const mode = MODES.find(m => request.method?.id === `ablate-${m}`)
  if (mode === 'mean') return { mode, ...parametersIn(baselineParameters.mean, request) }
  if (mode === 'resample') return { mode, ...parametersIn(baselineParameters.resample, request) }
  if (mode === 'zero') return { mode, ...parametersIn(baselineParameters.zero, request) }
  const found = request.method?.id.replace(/^ablate-/, '') ?? 'nothing'
  throw new HeadwiseError(`There is no ablation ${JSON.stringify(found)}; known are ${MODES.join(', ')}.`, {
    code: 'baseline',
    fault: 'usage',
    where: 'mode',
    found,
    allowed: MODES,
  })
}

/** Plans such a request; nothing edited has run yet. */
export async function planAblation(opened: Opened, asked: SweepRequest, cut: SweepCut = {}): Promise<AblationPlan> {
  const request = budgeted(opened, asked, cut)
  const how = modeOf(request)
  const { engine } = opened
  const { layers, heads } = engine.config
  const { baseline, subject, others } = baselineOn(how, await subjectOf(opened, request), request.seed)
  const { samples, items, metric, higherIsBetter } = subject
  const runs = ablations(engine.config, baseline)
  const spec = await sweepSpec(opened, request, subject)
  return sweepOf({
    spec,
    plan: await plan(engine, samples, runs, {
      ...planOptions(opened, request, cut),
      context: { others },
    }),
    finish: async rows => {
      const readings = new Readings(rows, { samples: samples.length, runs: runs.length })
      const document = effectGrid(
        {
          axes: [{ name: 'layer' }, { name: 'head' }],
          shape: [layers, heads],
          effects: readings.effects(items, layers * heads, runsOfSet(baseline)),
          items,
          metric: metricText(metric, `head removed (${how.mode}) minus clean`),
          higherIsBetter,
          seed: request.seed,
        },
        spec,
      )
      const clean = cleanMean(readings, subject)
      return { document, clean, harmless: harmless(gridValues(document).data, clean, HARM, higherIsBetter) }
    },
  })
}
