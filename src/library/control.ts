import { z } from 'zod'
import { layerMatched } from '../causal/controls.ts'
import { checkHeads, type HeadSet, setName } from '../heads/importance/head-set.ts'
import { Readings } from '../heads/importance/readings.ts'
import { removals, runsOfSet } from '../heads/importance/removal.ts'
import { gridValues } from '../results/grid.ts'
import { plan } from '../runs/plan.ts'
import { percentileAmong } from '../statistics/percentile.ts'
import type { Grid } from '../words/grid.ts'
import { type BaselineOptions, baselineOn, baselineParameters, parametersOf } from './baseline.ts'
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

export interface ControlOptions extends SubjectOptions, BaselineOptions {
  /** The heads that are removed together. */
  readonly heads: HeadSet
  /**
   * Sets of as many other heads in each layer to compare with: their number, or `usual` (default): all of them up to
   * 500, of more 200. 0 removes the tested set only.
   */
  readonly controls?: number | 'usual'
}

export interface ControlResult {
  /** Metric with a set removed minus clean, [method]: the tested set first, then its controls; labels are their heads. */
  readonly document: Grid
  /** Mean of the clean metric. */
  readonly clean: number
  /** Effect of the tested set. */
  readonly effect: number
  readonly controls: number
  /** Share of the controls that do less harm, 0 to 100, ties half; absent without controls. */
  readonly percentile?: number
  /** (1 + controls that do as much harm or more) / (1 + controls). */
  readonly p?: number
}

const set = {
  heads: headPairs,
  controls: z.union([z.number().int().nonnegative().max(100_000), z.literal('usual')]),
}
const controlParameters = z.discriminatedUnion('mode', [
  baselineParameters.zero.extend({ mode: z.literal('zero'), ...set }),
  baselineParameters.mean.extend({ mode: z.literal('mean'), ...set }),
  baselineParameters.resample.extend({ mode: z.literal('resample'), ...set }),
])

/** The request for the removal of a named set of heads beside random ones of equal size and layers. */
export async function controlRequest(opened: Opened, o: ControlOptions): Promise<SweepRequest> {
  const subject = await subjectRequest(opened, o)
  const parameters = {
    mode: o.mode,
    ...parametersOf(o, subject.task !== undefined),
    heads: pairsOf(o.heads),
    controls: o.controls ?? 'usual',
  }
  return { command: 'ablate', ...subject, method: { id: 'ablate-heads', version: 1, parameters } }
}

/** Plans such a request. */
export async function planControl(
  opened: Opened,
  asked: SweepRequest,
  cut: SweepCut = {},
): Promise<Sweep<ControlResult>> {
  const request = budgeted(opened, asked, cut)
  const { heads, controls, ...how } = parametersIn(controlParameters, request)
  const { engine } = opened
  const { seed } = request
  const tested = setOfPairs(heads)
  checkHeads(tested, engine.config)
  const matched =
    controls === 0
      ? []
      : layerMatched(tested, engine.config, { ...(controls === 'usual' ? {} : { count: controls }), seed })
  const sets = [tested, ...matched]
  const { baseline, subject, others: prompts } = baselineOn(how, await subjectOf(opened, request), seed)
  const { samples, items, metric, higherIsBetter } = subject
  const runs = removals(sets, baseline)
  const spec = await sweepSpec(opened, request, subject)
  return sweepOf({
    spec,
    plan: await plan(engine, samples, runs, {
      ...planOptions(opened, request, cut),
      context: { others: prompts },
    }),
    finish: async rows => {
      const readings = new Readings(rows, { samples: samples.length, runs: runs.length })
      // The controls are what the set is compared with and no hypotheses of their own: a rate of false ones says nothing.
      const { q: _, ...document } = effectGrid(
        {
          axes: [{ name: 'method', labels: sets.map(setName) }],
          shape: [sets.length],
          effects: readings.effects(items, sets.length, runsOfSet(baseline)),
          items,
          metric: metricText(metric, `heads removed together (${how.mode}) minus clean`),
          higherIsBetter,
          seed,
        },
        spec,
      )
      const clean = cleanMean(readings, subject)
      const [effect, ...others] = gridValues(document).data
      const harm = (x: number) => (higherIsBetter ? -x : x)
      const result = { document, clean, effect: effect!, controls: others.length }
      if (others.length === 0) return result
      const worse = others.filter(x => harm(x) >= harm(effect!)).length
      return {
        ...result,
        percentile: percentileAmong(harm(effect!), others.map(harm)),
        p: (1 + worse) / (1 + others.length),
      }
    },
  })
}
