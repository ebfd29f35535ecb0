import { flopsOf, peakBytesOf } from '../graph/measure.ts'
import type { Edit } from '../words/edit.ts'
import { HeadwiseError } from '../words/error.ts'
import { isTail, type Point, point, pointKey, SITES, type Site } from '../words/site.ts'
import type { ReadyEdit } from './edits.ts'
import { editProbes, lowerEdits } from './edits.ts'
import { type Engine, type Recipe, recipeKey } from './engine.ts'
import { checkReading, readingFlops, type Sample } from './metric.ts'
import type { Probe } from './probe.ts'
import { type EditContext, type EditedPrompt, plannedEdits, readyEdits } from './values.ts'

/** Runs of one sample that go through a layer in the same graph, so that they can share batches. */
export interface LayerGroup {
  readonly recipe: Recipe
  /** What is fed clean: nothing where the runs are carried on from the layer before. */
  readonly clean: readonly Point[]
  readonly runs: readonly number[]
}

/** Samples that are advanced together, layer by layer. */
export interface Wave {
  readonly samples: readonly number[]
  /** How many runs go into one batch of each sample. */
  readonly batch: readonly number[]
}

export interface Plan {
  readonly engine: Engine
  readonly base: readonly Sample[]
  readonly runs: readonly (readonly Edit[])[]
  readonly waves: readonly Wave[]
  /** Floating-point operations of the contractions, clean passes included. */
  readonly flops: number
  /** The same if every run were computed alone from the first layer. */
  readonly naiveFlops: number
  /** Estimate of the bytes of activations alive at once. */
  readonly peakBytes: number
  readonly context: EditContext
}

export interface PlanOptions {
  /** Most bytes of activations alive at once. */
  readonly budget: number
  readonly context?: EditContext
}

/** Rows of a batch: enough for matmul to run at its full rate, few enough for the activations to stay in the cache. */
const BATCH_ROWS = 2048

/** The site from which on an edit only changes what comes after attention of its layer. */
const AFTER_ATTENTION: ReadonlySet<Site> = new Set<Site>([
  'z',
  'head_out',
  'attn_sum',
  'attn_out',
  'resid_mid',
  'mlp_act',
  'mlp_sum',
  'mlp_out',
  'resid_post',
])

/** The layer at which a run first differs from the clean one; −1 when the embedding itself is edited. */
export function startLayer(edits: readonly Edit[], layers: number): number {
  if (edits.some(e => isTail(e.at)))
    throw new HeadwiseError('A sweep edits sites inside the layers; final_norm and logits come after them.', {
      code: 'sweep-site',
      fault: 'usage',
      where: 'edits',
      found: 'final_norm or logits',
      allowed: 'sites of a layer',
    })
  return edits.reduce((l, e) => Math.min(l, SITES[e.at.site].perLayer ? e.at.layer : -1), layers)
}

/** One sample with its edits ready: what every run does at every layer. */
export class Prepared {
  readonly #starts: readonly number[]
  readonly #probes: readonly (readonly Probe[])[]

  constructor(
    readonly engine: Engine,
    readonly sample: Sample,
    /** Which of the prompts it is: what the `samples` of an edit count. */
    readonly index: number,
    readonly edits: readonly (readonly ReadyEdit[])[],
  ) {
    this.#starts = edits.map(own =>
      startLayer(
        own.map(e => e.edit),
        engine.config.layers,
      ),
    )
    this.#probes = edits.map(own => editProbes([own]))
  }

  /** How many runs differ from the clean pass at all. */
  get started(): number {
    return this.#starts.filter(start => start < this.engine.config.layers).length
  }

  get time(): number {
    return this.sample.ids.length
  }

  /** The edits of some runs as probes and what is fed to them. */
  lower(runs: readonly (readonly ReadyEdit[])[]): ReturnType<typeof lowerEdits> {
    const { ids } = this.sample
    return lowerEdits(
      runs.map(edits => ({ ids, edits, sample: this.index, last: ids.length })),
      this.engine.config,
      { start: 0, count: ids.length },
    )
  }

  /** What is fed clean to a run at a layer: at its start the residual, and z where its attention is unchanged. */
  #cleanAt(run: number, layer: number): Point[] {
    const start = this.#starts[run]!
    if (start !== layer) return []
    const after = this.edits[run]!.every(({ edit }) => edit.at.layer > layer || AFTER_ATTENTION.has(edit.at.site))
    return after ? [point('resid_pre', layer), point('z', layer)] : [point('resid_pre', layer)]
  }

  /** The runs that go through a layer, grouped by the graph that they need. */
  groups(layer: number): LayerGroup[] {
    const { engine } = this
    const found = new Map<string, { recipe: Recipe; clean: Point[]; runs: number[] }>()
    for (const [run, start] of this.#starts.entries()) {
      if (start > layer) continue
      const clean = this.#cleanAt(run, layer)
      const fromTokens = start < 0 && layer === 0
      const fed = clean.length > 0 || fromTokens ? clean : [point('resid_pre', layer)]
      const here = (p: Probe) => (SITES[p.at.site].perLayer ? p.at.layer === layer : fromTokens)
      const recipe: Recipe = {
        extent: engine.extent(this.time),
        probes: [...fed.map((at): Probe => ({ at, do: 'feed' })), ...this.#probes[run]!.filter(here)],
        want: [point('resid_post', layer)],
        residence: 'batch',
      }
      const key = recipeKey(recipe)
      const group = found.get(key) ?? { recipe, clean, runs: [] }
      group.runs.push(run)
      found.set(key, group)
    }
    return [...found.values()]
  }

  /** Every clean point that some run is fed. */
  kept(): Point[] {
    const points = this.#starts.flatMap((start, run) => (start < 0 ? [] : this.#cleanAt(run, start)))
    return [...new Map(points.map(p => [pointKey(p), p])).values()]
  }
}

/** What one sample will cost, with as many runs in a batch as the rows allow and half the budget holds. */
function price({ prepared, passes }: Awaited<ReturnType<typeof foresee>>, budget: number) {
  const { engine, sample, time, edits, started } = prepared
  const { layers, dim } = engine.config
  const end = point('resid_post', layers - 1)
  const clean = engine.trace({ extent: engine.extent(time), probes: [], want: [...prepared.kept(), end] })
  const groups = Array.from({ length: layers }, (_, l) => prepared.groups(l)).flat()
  const graphs = groups.map(g => ({ graph: engine.trace(g.recipe), runs: g.runs.length }))
  const whole = flopsOf(clean, { batch: 1, time }) + readingFlops(engine, sample)
  const bytes = (batch: number) =>
    Math.max(0, ...graphs.map(g => peakBytesOf(g.graph, { batch: Math.min(batch, g.runs), time })))
  const state = 4 * time * dim * started
  const before = passes.map(({ recipe, ids }) => ({
    graph: engine.trace(recipe),
    dims: { batch: 1, time: ids.length },
  }))
  const held = Math.max(peakBytesOf(clean, { batch: 1, time }), ...before.map(p => peakBytesOf(p.graph, p.dims)))
  let batch = Math.min(edits.length, Math.max(1, Math.floor(BATCH_ROWS / time)))
  while (batch > 1 && held + state + bytes(batch) > budget) batch = Math.ceil(batch / 2)
  const flops = graphs.reduce(
    (sum, g) => sum + flopsOf(g.graph, { batch: g.runs, time }),
    whole + started * readingFlops(engine, sample) + before.reduce((sum, p) => sum + flopsOf(p.graph, p.dims), 0),
  )
  return { batch, flops, naive: edits.length * whole, state: state + held, bytes: bytes(batch) }
}

/**
 * Plans runs that differ from a clean pass only by their edits: each sample's clean pass is computed once, every edited
 * run starts at the layer of its first edit, and all runs that have started advance together, layer by layer. Nothing is
 * computed here. Throws `budget` when the runs of one sample do not fit.
 */
export async function plan(
  engine: Engine,
  base: readonly Sample[],
  runs: readonly (readonly Edit[])[],
  { budget, context = {} }: PlanOptions,
): Promise<Plan> {
  const waves: { samples: number[]; batch: number[] }[] = []
  let [flops, naiveFlops, peakBytes, room] = [0, 0, 0, 0]
  for (const [s, sample] of base.entries()) {
    checkReading(sample, engine.config.vocab, `prompts[${s}]`)
    const cost = price(await foresee(engine, sample, s, runs, context), budget)
    if (cost.state + cost.bytes > budget) throw overBudget(cost.state + cost.bytes, budget)
    if (waves.length === 0 || cost.state + cost.bytes > room) {
      waves.push({ samples: [], batch: [] })
      room = budget
    }
    waves.at(-1)!.samples.push(s)
    waves.at(-1)!.batch.push(cost.batch)
    room -= cost.state
    peakBytes = Math.max(peakBytes, budget - room + cost.bytes)
    flops += cost.flops
    naiveFlops += cost.naive
  }
  return { engine, base, runs, waves, flops, naiveFlops, peakBytes, context }
}

const edited = ({ ids }: Sample, sample: number, runs: readonly (readonly Edit[])[]): EditedPrompt[] =>
  runs.map(edits => ({ ids, edits, sample }))

/** One sample with the values that its edits put in place. */
export async function prepare(p: Plan, index: number, signal?: AbortSignal): Promise<Prepared> {
  const sample = p.base[index]!
  const edits = await readyEdits(p.engine, edited(sample, index, p.runs), p.context, signal)
  return new Prepared(p.engine, sample, index, edits)
}

/** The same before anything is computed, with the clean passes that the values will take. */
async function foresee(
  engine: Engine,
  sample: Sample,
  index: number,
  runs: readonly (readonly Edit[])[],
  context: EditContext,
) {
  const { edits, passes } = await plannedEdits(engine, edited(sample, index, runs), context)
  return { prepared: new Prepared(engine, sample, index, edits), passes }
}

const overBudget = (needed: number, budget: number) =>
  new HeadwiseError(
    `The runs of one prompt need ${(needed / 2 ** 20).toFixed(0)} MiB of memory at once, and the budget is ${(budget / 2 ** 20).toFixed(0)} MiB; raise --budget or shorten the text.`,
    { code: 'budget', fault: 'usage', where: 'budget', found: needed, allowed: budget },
  )
