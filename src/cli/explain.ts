import { flopsOf } from '../graph/measure.ts'
import { tokenFeeds } from '../runs/batch.ts'
import type { Plan } from '../runs/plan.ts'
import { point } from '../words/site.ts'
import { bytes, count, duration, flops } from './terminal/units.ts'

/** What a planned sweep will cost, before it runs. */
export interface Price {
  readonly runs: number
  /** Floating-point operations as planned, and if every run were computed alone. */
  readonly flops: number
  readonly naiveFlops: number
  /** Bytes of activations alive at once. */
  readonly peakBytes: number
  /** Estimate from the speed of one clean pass just now. */
  readonly seconds: number
}

/** Floating-point operations per second of a clean pass over the longest prompt, its second run. */
async function speed({ engine, base }: Plan): Promise<number> {
  const { ids } = base.reduce((a, b) => (b.ids.length > a.ids.length ? b : a))
  const recipe = {
    extent: engine.extent(ids.length),
    probes: [],
    want: [point('resid_post', engine.config.layers - 1)],
  }
  const feeds = tokenFeeds([ids])
  await engine.run(recipe, feeds)
  const start = performance.now()
  await engine.run(recipe, feeds)
  const seconds = (performance.now() - start) / 1000
  return flopsOf(engine.trace(recipe), { batch: 1, time: ids.length }) / seconds
}

export async function explain(plan: Plan): Promise<Price> {
  const { flops: planned, naiveFlops, peakBytes, runs, base } = plan
  return {
    runs: runs.length * base.length,
    flops: planned,
    naiveFlops,
    peakBytes,
    seconds: planned / (await speed(plan)),
  }
}

export function explainView(p: Price): string {
  const share = p.naiveFlops / p.flops
  return [
    `runs     ${count(p.runs, 'head removal')}`,
    `work     ${flops(p.flops)}, ${share.toFixed(1)} times less than every run alone (${flops(p.naiveFlops)})`,
    `memory   ${bytes(p.peakBytes)} of activations at most`,
    `time     about ${duration(p.seconds * 1000)}, by the speed of one pass just now`,
    '',
  ].join('\n')
}
