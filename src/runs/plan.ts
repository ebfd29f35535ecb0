import type { Edit } from '../words/edit.ts'
import { HeadwiseError } from '../words/error.ts'
import { type Point, point } from '../words/site.ts'
import { CleanValues } from './clean.ts'
import type { ReadyEdit } from './edits.ts'
import type { Engine } from './engine.ts'
import { type Lane, laneOf, pointsTaken } from './lanes.ts'
import { checkReading, readingBytes, readingFlops, readings, type Sample } from './metric.ts'
import { BATCH_ROWS, type Step, schedulerOf } from './schedule.ts'
import { type EditContext, needEdits } from './values.ts'

/** One run of one sample; −1 is the clean run. */
export interface RunOfSample {
  readonly run: number
  readonly sample: number
}

/** The metric of one run of one sample. */
export interface Measured extends RunOfSample {
  readonly value: number
  /** Index of the part that it belongs to. */
  readonly part: number
}

/**
 * Runs that advance together, layer by layer: what is computed for them depends on the plan alone, so that a part can
 * be computed anywhere, any number of times.
 */
export interface Part {
  readonly entries: readonly RunOfSample[]
  readonly flops: number
  /** Bytes of activations alive at once. */
  readonly peakBytes: number
}

export interface Plan {
  readonly engine: Engine
  readonly base: readonly Sample[]
  readonly runs: readonly (readonly Edit[])[]
  readonly context: EditContext
  readonly parts: readonly Part[]
  /** Most rows in one batch. */
  readonly rows: number
  /**
   * Whether the clean values of a part are those that any part of its samples needs: the bits of a part then do not
   * depend on which parts came before, and whoever computes several of them makes the clean passes once.
   */
  readonly shares: boolean
  /** Floating-point operations of the contractions, clean passes included. */
  readonly flops: number
  /** The same if every run were computed alone from the first layer. */
  readonly naiveFlops: number
  /** Bytes of activations alive at once, weights left out. */
  readonly peakBytes: number
  /** Why every run is computed whole and alone, where it is. */
  readonly fallback?: string
}

export interface PlanOptions {
  /** Most bytes of activations alive at once. */
  readonly budget: number
  readonly context?: EditContext
  /** `small`: parts of a second or two, for jobs that are kept, resumed and shared out. Default: as few as the budget holds. */
  readonly parts?: 'small'
}

/** Work of a small part beside its clean passes: a second or two on one core. */
const SMALL_FLOPS = 1.5e11

/** The clean values, lanes and steps of one part. `ready` gives the lanes their values once the clean ones are computed. */
export interface Work {
  readonly values: CleanValues
  readonly samples: readonly number[]
  readonly lanes: readonly Lane[]
  readonly layers: readonly (readonly Step[])[]
  ready(): ReadonlyMap<Lane, readonly ReadyEdit[]>
}

type Base = Pick<Plan, 'engine' | 'base' | 'runs' | 'context' | 'rows' | 'shares'>

/** What some runs need: their lanes, and the clean values that those take. */
async function needsOf(p: Base, runs: readonly RunOfSample[], values: CleanValues) {
  const { engine, base, context } = p
  const { layers } = engine.config
  for (const { sample } of runs) values.need(point('resid_post', layers - 1), base[sample]!.ids)
  const edited = runs.filter(r => r.run >= 0)
  const prompts = edited.map(({ run, sample }) => ({ ids: base[sample]!.ids, edits: p.runs[run]!, sample }))
  const { planned, ready } = await needEdits(values, prompts, context)
  const found = edited.map(({ run, sample }, i) => laneOf(run, sample, base[sample]!, planned[i]!))
  const { entries } = schedulerOf(engine)
  for (const lane of found)
    for (const at of lane ? pointsTaken(lane, entries, engine.config) : []) values.need(at, lane!.ids)
  return { found, ready }
}

const samplesOf = (runs: readonly RunOfSample[]): number[] => [...new Set(runs.map(r => r.sample))]

/** Clean values that several parts share, by plan: those of the samples that came last. */
const shared = new WeakMap<readonly Sample[], { readonly key: string; readonly values: CleanValues }>()

/** The clean values of a part, not yet computed where they are its own. */
async function valuesFor(p: Base, samples: readonly number[]): Promise<CleanValues> {
  if (!p.shares) return new CleanValues(p.engine)
  const key = samples.join()
  const known = shared.get(p.base)
  if (known?.key === key) return known.values
  const values = new CleanValues(p.engine)
  await needsOf(
    p,
    samples.flatMap(sample => [-1, ...p.runs.keys()].map(run => ({ run, sample }))),
    values,
  )
  shared.set(p.base, { key, values })
  return values
}

/** Everything that is computed for some runs, before anything is. */
export async function workOf(p: Base, runs: readonly RunOfSample[]): Promise<Work> {
  const { engine, rows } = p
  const samples = samplesOf(runs)
  const values = await valuesFor(p, samples)
  const { found, ready } = await needsOf(p, runs, values)
  const lanes = found.filter(l => l !== undefined)
  const scheduler = schedulerOf(engine)
  return {
    values,
    samples,
    lanes,
    layers: Array.from({ length: engine.config.layers }, (_, layer) => scheduler.steps(layer, lanes, rows)),
    ready: () => {
      const own = ready()
      return new Map(found.flatMap((lane, i) => (lane ? [[lane, activeOf(lane, own[i]!)] as const] : [])))
    },
  }
}

/** The edits of the lane with their values, in the same order. */
const activeOf = (lane: Lane, ready: readonly ReadyEdit[]): ReadyEdit[] => {
  const active = new Set(lane.edits.map(e => e.edit))
  return ready.filter(e => active.has(e.edit))
}

/** Bytes of the residual that a lane carries. */
const carried = (engine: Engine, lane: Lane): number => 4 * (lane.ids.length - lane.first) * engine.config.dim

/** What the work costs: floating-point operations, and the most bytes alive at once. */
export function priceOf(p: Base, work: Work): { flops: number; peakBytes: number } {
  const { engine, base } = p
  const scheduler = schedulerOf(engine)
  const passes = work.values.passes().map(({ recipe, sizes }) => scheduler.cost(recipe, sizes))
  const kept = work.values.bytes()
  let peak = Math.max(0, ...passes.map(c => c.bytes)) + kept
  let flops = passes.reduce((n, c) => n + c.flops, 0)
  let held = kept
  const begun = new Set<Lane>()
  for (const steps of work.layers)
    for (const step of steps) {
      const { flops: own, bytes } = scheduler.cost(step.recipe, step.sizes)
      flops += own
      for (const lane of step.lanes) if (!begun.has(lane)) held += carried(engine, lane)
      for (const lane of step.lanes) begun.add(lane)
      peak = Math.max(peak, held + bytes)
    }
  const read = [work.samples.map(s => base[s]!), work.lanes.map(l => base[l.sample]!)]
  for (const samples of read)
    for (const r of readings(samples)) {
      flops += readingFlops(engine, r)
      peak = Math.max(peak, held + readingBytes(engine, r))
    }
  return { flops, peakBytes: peak }
}

/** Cost of each run whole and alone: the body, and the rows and columns that its metric reads. */
function naiveFlops(engine: Engine, base: readonly Sample[], runs: number): number {
  const end: Point[] = [point('resid_post', engine.config.layers - 1)]
  return base.reduce((n, sample) => {
    const time = sample.ids.length
    const recipe = { extent: engine.extent(time), probes: [], want: end }
    const body = schedulerOf(engine).cost(recipe, { batch: 1, time })
    return n + (runs + 1) * (body.flops + readings([sample]).reduce((m, r) => m + readingFlops(engine, r), 0))
  }, 0)
}

/**
 * Plans runs that differ from a clean pass only by their edits, so that only what an edit can change is computed: the
 * clean pass once for each sequence; every run from the layer and the row where its edits first act, fed with clean
 * values at the boundary found on the graph and with clean keys and values of earlier rows; all runs that have started
 * together, layer by layer; at the end only the rows and columns that the metric reads. Nothing is computed here.
 * Throws `budget` when one run does not fit.
 */
export async function plan(
  engine: Engine,
  base: readonly Sample[],
  runs: readonly (readonly Edit[])[],
  { budget, context: given = {}, parts: size }: PlanOptions,
): Promise<Plan> {
  for (const [s, sample] of base.entries()) {
    engine.extent(sample.ids.length)
    checkReading(sample, engine.config.vocab, `prompts[${s}]`)
  }
  const context: EditContext = { others: base.map(s => s.ids), ...given }
  const naive = naiveFlops(engine, base, runs.length)
  const { mixing } = schedulerOf(engine)
  const all = base.flatMap((_, sample) => [-1, ...runs.keys()].map(run => ({ run, sample })))
  if (mixing !== undefined) {
    const whole = { entries: all, flops: naive, peakBytes: 0 }
    const fallback = `${mixing} mixes rows outside attention: every run is computed whole and alone`
    return {
      engine,
      base,
      runs,
      context,
      parts: [whole],
      rows: BATCH_ROWS,
      shares: false,
      flops: naive,
      naiveFlops: naive,
      peakBytes: 0,
      fallback,
    }
  }
  const p: Base = {
    engine,
    base: [...base],
    runs,
    context,
    rows: rowsFor(engine, base, budget),
    shares: size === 'small',
  }
  const parts = await cut(p, all, budget, size === 'small' ? SMALL_FLOPS : Number.POSITIVE_INFINITY)
  return {
    ...p,
    parts,
    flops: parts.reduce((n, part) => n + part.flops, 0),
    naiveFlops: naive,
    peakBytes: Math.max(0, ...parts.map(part => part.peakBytes)),
  }
}

/** Rows of a batch whose activations take at most half of the budget. */
function rowsFor(engine: Engine, base: readonly Sample[], budget: number): number {
  const longest = Math.max(1, ...base.map(s => s.ids.length))
  const recipe = {
    extent: engine.extent(longest),
    probes: [{ at: point('resid_pre', 0), do: 'feed' } as const],
    want: [point('resid_post', 0)],
  }
  let rows = Math.max(BATCH_ROWS, longest)
  const bytes = () =>
    schedulerOf(engine).cost(recipe, { batch: Math.max(1, Math.floor(rows / longest)), time: longest }).bytes
  while (rows > longest && bytes() > budget / 2) rows = Math.max(longest, Math.floor(rows / 2))
  return rows
}

/** What was worked out while planning, for whoever carries the part out first. */
const workedOut = new WeakMap<Part, Work>()

/** The work of a part; what planning found is given once, since it comes to hold the values that are computed. */
export async function takeWork(p: Plan, part: Part): Promise<Work> {
  const known = workedOut.get(part)
  workedOut.delete(part)
  return known ?? (await workOf(p, part.entries))
}

/** Cuts the runs into parts, in order, each as large as the budget and the size of a part allow. */
async function cut(p: Base, all: readonly RunOfSample[], budget: number, most: number): Promise<Part[]> {
  if (most === Number.POSITIVE_INFINITY) {
    const work = await workOf(p, all)
    const part = { entries: all, ...priceOf(p, work) }
    workedOut.set(part, work)
    if (part.peakBytes <= budget) return [part]
  }
  const ordered = await inOrder(p, all)
  const parts: Part[] = []
  for (let at = 0; at < ordered.length; ) {
    let [count, flops] = [0, 0]
    while (at + count < ordered.length && (count === 0 || flops + ordered[at + count]!.flops <= most))
      flops += ordered[at + count++]!.flops
    for (;;) {
      const entries = ordered.slice(at, at + count).map(o => o.entry)
      const cost = priceOf(p, await workOf(p, entries))
      if (cost.peakBytes <= budget) {
        parts.push({ entries, ...cost })
        break
      }
      if (count === 1) throw overBudget(Math.max(cost.peakBytes, await largest(p, ordered)), budget)
      count = Math.ceil(count / 2)
    }
    at += count
  }
  return parts
}

/** What the most costly run needs alone. */
async function largest(p: Base, ordered: readonly Ordered[]): Promise<number> {
  const { entry } = ordered.reduce((a, b) => (b.flops > a.flops ? b : a))
  return priceOf(p, await workOf(p, [entry])).peakBytes
}

interface Ordered {
  readonly entry: RunOfSample
  readonly flops: number
}

/** The runs in the order in which parts take them: sample by sample, neighbours in layers and rows together. */
async function inOrder(p: Base, all: readonly RunOfSample[]): Promise<Ordered[]> {
  const { engine, base, runs, context } = p
  const { layers } = engine.config
  const ordered: Ordered[] = []
  for (const [s, sample] of base.entries()) {
    const own = all.filter(r => r.sample === s)
    const prompts = own.map(({ run }) => ({ ids: sample.ids, edits: runs[run] ?? [], sample: s }))
    const { planned } = await needEdits(new CleanValues(engine), prompts, context)
    const read = readings([sample]).reduce((n, r) => n + readingFlops(engine, r), 0)
    const perRow = (naiveFlops(engine, [sample], 0) - read) / sample.ids.length / layers
    const lanes = own.map((entry, i) => {
      const lane = laneOf(entry.run, s, sample, planned[i]!)
      const rows = lane ? sample.ids.length - lane.first : 0
      return { entry, lane, flops: lane ? perRow * rows * (layers - lane.start) + read : 0 }
    })
    const order = (l: Lane | undefined) => (l ? l.start * 1e6 + l.first : -1)
    ordered.push(...lanes.sort((a, b) => order(a.lane) - order(b.lane) || a.entry.run - b.entry.run))
  }
  return ordered
}

/** Rounded up, so that a budget of the number said is enough. */
const mebibytes = (bytes: number): string => `${Math.ceil((10 * bytes) / 2 ** 20) / 10} MiB`

const overBudget = (needed: number, budget: number) =>
  new HeadwiseError(
    `One run of this sweep needs ${mebibytes(needed)} of memory at once, and the budget is ${mebibytes(budget)}; raise --budget or shorten the text.`,
    { code: 'budget', fault: 'usage', where: 'budget', found: needed, allowed: budget },
  )
