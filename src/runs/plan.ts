import type { Dims } from '../graph/dim.ts'
import { flopsOf, peakBytesOf } from '../graph/measure.ts'
import type { Edit } from '../words/edit.ts'
import { HeadwiseError } from '../words/error.ts'
import { type Point, point, SITES } from '../words/site.ts'
import type { ReadyEdit } from './edits.ts'
import { lowerEdits } from './edits.ts'
import type { Engine, Recipe } from './engine.ts'
import type { Probe } from './probe.ts'
import { type EditContext, readyEdits } from './values.ts'

/** One prompt of a sweep and what is read off it. */
export interface Sample {
  readonly ids: readonly number[]
  /** Tokens whose mean logits are compared at the last position (`logit_diff`). */
  readonly answers?: readonly number[]
  readonly distractors?: readonly number[]
}

/**
 * `loss`: nats per token, mean over t ≥ 1. `logit_diff`: mean logit of the answers minus that of the distractors after
 * the last token.
 */
export type Metric = 'loss' | 'logit_diff'

/** Runs of one sample that start at one layer, computed as one batch from that layer on. */
export interface Step {
  readonly sample: number
  readonly layer: number
  readonly runs: readonly number[]
}

export interface Plan {
  readonly engine: Engine
  readonly base: readonly Sample[]
  readonly runs: readonly (readonly Edit[])[]
  readonly read: Metric
  readonly steps: readonly Step[]
  /** Floating-point operations of the contractions, clean passes included. */
  readonly flops: number
  /** The same if every run were computed alone from the first layer. */
  readonly naiveFlops: number
  /** Estimate of the bytes of activations alive at once. */
  readonly peakBytes: number
  readonly context: EditContext
}

/** Rows of a batch: enough for matmul to run at its full rate, few enough for the activations to stay in the cache. */
const BATCH_ROWS = 2048

/** The site from which on an edit only changes what comes after attention of its layer. */
const AFTER_ATTENTION = new Set([
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
  if (edits.some(e => e.at.site === 'final_norm' || e.at.site === 'logits'))
    throw new HeadwiseError('A sweep edits sites inside the layers; final_norm and logits come after them.', {
      code: 'sweep-site',
      fault: 'usage',
      where: 'edits',
      found: 'final_norm or logits',
      allowed: 'sites of a layer',
    })
  return edits.reduce((l, e) => Math.min(l, SITES[e.at.site].perLayer ? e.at.layer : -1), layers)
}

/** Whether the clean z of the start layer can be fed, so that its attention is not computed again. */
export const skipsAttention = (runs: readonly (readonly ReadyEdit[])[], layer: number): boolean =>
  runs.every(edits => edits.every(({ edit }) => edit.at.layer > layer || AFTER_ATTENTION.has(edit.at.site)))

/** The graph of one layer of a step: the residual (and z) fed, the layer's edits applied, the next residual wanted. */
export function layerRecipe(
  engine: Engine,
  time: number,
  layer: number,
  probes: readonly Probe[],
  fed: readonly Point[],
): Recipe {
  return {
    extent: engine.extent(time),
    probes: [
      ...fed.map((at): Probe => ({ at, do: 'feed' })),
      ...probes.filter(p => p.at.layer === layer && SITES[p.at.site].perLayer),
    ],
    want: [point('resid_post', layer)],
  }
}

/** The probes of one batch of runs, without their values. */
const probesOf = (engine: Engine, ids: readonly number[], runs: readonly (readonly ReadyEdit[])[]): Probe[] =>
  lowerEdits(
    runs.map(edits => ({ ids, edits, last: ids.length })),
    engine.config,
    { start: 0, count: ids.length },
  ).probes

function clean(engine: Engine, time: number): number {
  const graph = engine.trace({
    extent: engine.extent(time),
    probes: [],
    want: [point('resid_post', engine.config.layers - 1)],
  })
  return flopsOf(graph, { batch: 1, time })
}

const unembedFlops = (engine: Engine, rows: number): number => 2 * rows * engine.config.dim * engine.config.vocab

/**
 * Plans runs that differ from a clean pass only by their edits: clean passes are computed once, and every edited run
 * starts at the layer of its first edit, together with the others that start there. Nothing is computed here but the
 * clean values that `mean`, `resample` and `patch` put in place. Throws `budget` when one run does not fit.
 */
export async function plan(
  engine: Engine,
  base: readonly Sample[],
  runs: readonly (readonly Edit[])[],
  read: Metric,
  budget: number,
  context: EditContext = {},
): Promise<Plan> {
  const { layers } = engine.config
  const starts = runs.map(edits => startLayer(edits, layers))
  const order = [...new Set(starts)].sort((a, b) => a - b)
  const steps: Step[] = []
  let flops = 0
  let naiveFlops = 0
  let peakBytes = 0
  for (const [s, { ids }] of base.entries()) {
    const time = ids.length
    const ready = await readyEdits(
      engine,
      runs.map(edits => ({ ids, edits })),
      context,
    )
    const rows = read === 'loss' ? time - 1 : 1
    const whole = clean(engine, time)
    flops += whole + unembedFlops(engine, rows)
    naiveFlops += runs.length * (whole + unembedFlops(engine, rows))
    for (const layer of order) {
      const here = starts.flatMap((l, r) => (l === layer ? [r] : []))
      const graphs = stepGraphs(
        engine,
        ids,
        layer,
        here.map(r => ready[r]!),
      )
      const bytes = (batch: number) => Math.max(0, ...graphs.map(g => peakBytesOf(g, { batch, time })))
      const size = batchSize(here.length, time, bytes, budget)
      for (let i = 0; i < here.length; i += size) {
        const batch = here.slice(i, i + size)
        const dims: Dims = { batch: batch.length, time }
        steps.push({ sample: s, layer, runs: batch })
        peakBytes = Math.max(peakBytes, bytes(batch.length))
        flops += graphs.reduce((sum, g) => sum + flopsOf(g, dims), unembedFlops(engine, rows * batch.length))
      }
    }
  }
  return { engine, base, runs, read, steps, flops, naiveFlops, peakBytes, context }
}

const stepGraphs = (engine: Engine, ids: readonly number[], start: number, runs: readonly (readonly ReadyEdit[])[]) => {
  const probes = probesOf(engine, ids, runs)
  const first = Math.max(0, start)
  return Array.from({ length: engine.config.layers - first }, (_, i) =>
    engine.trace(layerRecipe(engine, ids.length, first + i, probes, fedAt(first + i, start, runs))),
  )
}

/** What is fed at a layer of a step: the residual, and at the start layer the clean z where attention is unchanged. */
export function fedAt(layer: number, start: number, runs: readonly (readonly ReadyEdit[])[]): Point[] {
  return layer === start && skipsAttention(runs, start)
    ? [point('resid_pre', layer), point('z', layer)]
    : [point('resid_pre', layer)]
}

function batchSize(runs: number, time: number, bytes: (batch: number) => number, budget: number): number {
  let size = Math.min(runs, Math.max(1, Math.floor(BATCH_ROWS / time)))
  while (size > 1 && bytes(size) > budget) size = Math.ceil(size / 2)
  const least = bytes(size)
  if (least > budget)
    throw new HeadwiseError(
      `One edited run needs ${(least / 2 ** 20).toFixed(0)} MiB of memory, and the budget is ${(budget / 2 ** 20).toFixed(0)} MiB; raise --budget or shorten the text.`,
      { code: 'budget', fault: 'usage', where: 'budget', found: least, allowed: budget },
    )
  return size
}
