import { flopsOf } from '../graph/measure.ts'
import { tokenFeeds } from '../runs/batch.ts'
import { type Explained, explain as explainPlan } from '../runs/explain.ts'
import type { Plan } from '../runs/plan.ts'
import { point } from '../words/site.ts'
import { bold, type Style } from './terminal/style.ts'
import { table } from './terminal/table.ts'
import { wrap } from './terminal/text.ts'
import { bytes, count, duration, flops } from './terminal/units.ts'

/** What a planned sweep will cost, before it runs. */
export interface Price extends Explained {
  /** Floating-point operations as planned, and if every run were computed alone. */
  readonly flops: number
  readonly naiveFlops: number
  /** Bytes of activations alive at once. */
  readonly peakBytes: number
  /** Estimate from the speed of one clean pass just now. */
  readonly seconds: number
  /** Why every run is computed whole and alone, where it is. */
  readonly fallback?: string
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
  const { flops: planned, naiveFlops, peakBytes, fallback } = plan
  return {
    ...(await explainPlan(plan)),
    flops: planned,
    naiveFlops,
    peakBytes,
    seconds: planned / (await speed(plan)),
    ...(fallback === undefined ? {} : { fallback }),
  }
}

const share = (planned: number, naive: number): string => {
  const ratio = naive / planned
  return ratio >= 1.05
    ? `${ratio.toFixed(1)} times less than every run alone (${flops(naive)})`
    : `about as much as every run alone (${flops(naive)})`
}

const COLUMNS = [
  { title: 'layer', right: true },
  { title: 'begin', right: true },
  { title: 'carried', right: true },
  { title: 'batches', right: true },
  { title: 'rows', right: true },
  { title: 'work', right: true },
  { title: 'taken from the clean run' },
]

/** The steps layer by layer: which runs begin there, which go on, in how many batches, and what need not be computed. */
const steps = ({ layers }: Price, style: Style): string =>
  table(
    COLUMNS,
    layers.map(l => [
      String(l.layer),
      String(l.begin),
      String(l.carried),
      String(l.batches),
      l.rows.toLocaleString('en-US'),
      flops(l.flops),
      l.fed.join(' '),
    ]),
    style,
  )

export function explainView(p: Price, style: Style): string {
  const unchanged = p.unchanged > 0 ? `, ${p.unchanged} of which cannot change what is read` : ''
  const lines = [
    `runs     ${count(p.runs, 'edited run')}${unchanged}`,
    `shared   ${count(p.passes, 'clean pass', 'clean passes')}; each run starts where its edit acts`,
    `work     ${flops(p.flops)}, ${share(p.flops, p.naiveFlops)}`,
    `memory   ${bytes(p.peakBytes)} of activations at most${p.parts > 1 ? `, in ${count(p.parts, 'part')}` : ''}`,
    `time     about ${duration(p.seconds * 1000)}, by the speed of one pass just now`,
  ]
  const why = p.fallback === undefined ? '' : `\n${wrap(`Every run is computed whole: ${p.fallback}`, style.columns)}`
  return `${bold(style, 'Price')}\n${lines.join('\n')}${why}\n\n${bold(style, 'Steps')}\n${steps(p, style)}\n`
}
