import { f32, i32, type NDArray } from '../words/arrays.ts'
import type { Edit } from '../words/edit.ts'
import { HeadwiseError, type OnProgress } from '../words/error.ts'
import { isTail, type Point, point, pointKey, SITES } from '../words/site.ts'
import { checkTokens, sampleOf, tokenFeeds } from './batch.ts'
import { hand, layeredBody, type Pass, type Sink, wholeBody } from './body.ts'
import { type EditedSample, lowerEdits, siteShape } from './edits.ts'
import type { Engine, Recipe } from './engine.ts'
import type { Probe } from './probe.ts'
import { negativeLogLikelihood, topTokens, unembed } from './unembed.ts'
import { type EditContext, readyEdits } from './values.ts'

export interface RunOptions extends EditContext {
  /** Which of several prompts this one is, from 0 (default): what the `samples` of an edit count. */
  readonly sample?: number
  readonly capture?: readonly Point[]
  /** Reductions of patterns to rows, kept by their key (`pattern@6/ID`) whatever the sink takes. */
  readonly reductions?: readonly Probe[]
  readonly edits?: readonly Edit[]
  /** All logits [time, vocabulary] instead of those after the last token; a sink takes them, in blocks of rows. */
  readonly allLogits?: boolean
  /** Takes captures as they come, layer by layer, instead of gathering them in memory. */
  readonly sink?: Sink
  /** Most bytes of activations and captures at once. */
  readonly budget?: number
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: OnProgress | undefined
}

export interface SequenceRun {
  readonly ids: readonly number[]
  /** Nats per token, mean over t ≥ 1; null for one token. */
  readonly loss: number | null
  /** −log p of tokens 1, 2, … given those before, nats. */
  readonly tokenLoss: Float32Array
  readonly top: readonly { readonly id: number; readonly logprob: number }[]
  /** After the last token: [vocabulary]; or [time, vocabulary]. */
  readonly logits: NDArray<'f32'>
  /** By point key, without the batch axis. Empty when a sink took them. */
  readonly captured: ReadonlyMap<string, NDArray<'f32'>>
}

const TOP = 10

/** Bytes that the captured points of a text of `time` tokens take. */
export function captureBytes(engine: Engine, capture: readonly Point[], time: number): number {
  return capture.reduce(
    (sum, p) => sum + 4 * siteShape(p, engine.config, { start: 0, count: time }).reduce((n, d) => n * d, 1),
    0,
  )
}

const lossOf = (nll: Float32Array | undefined): number | null =>
  nll && nll.length > 0 ? nll.reduce((s, x) => s + x, 0) / nll.length : null

/** Loss, top tokens and logits from the last residual. */
async function finish(
  engine: Engine,
  ids: readonly number[],
  hidden: Float32Array,
  o: RunOptions,
): Promise<Omit<SequenceRun, 'captured'>> {
  const { dim, vocab } = engine.config
  const predicted = ids.length - 1
  const { sink, signal } = o
  const hand = sink && ((rows: Float32Array) => sink(point('logits'), f32([rows.length / vocab, vocab], rows)))
  const logits = o.allLogits ? (hand ?? true) : false
  const targets = Int32Array.from(ids.slice(1))
  const head =
    predicted > 0 ? await unembed(engine, hidden.subarray(0, predicted * dim), { targets, logits, signal }) : {}
  const last = (await unembed(engine, hidden.subarray(predicted * dim), { logits: true, signal })).logits!
  if (o.allLogits) await hand?.(last)
  return {
    ids,
    loss: lossOf(head.nll),
    tokenLoss: head.nll ?? new Float32Array(),
    top: topTokens(last, TOP),
    logits: o.allLogits && !hand ? joined(head.logits, last, vocab) : f32([vocab], last),
  }
}

/** The logits of the predicted rows and of the last one as one array [time, vocabulary]. */
function joined(rows: Float32Array | undefined, last: Float32Array, vocab: number): NDArray<'f32'> {
  const all = new Float32Array((rows?.length ?? 0) + vocab)
  if (rows) all.set(rows)
  all.set(last, all.length - vocab)
  return f32([all.length / vocab, vocab], all)
}

/**
 * One graph to the logits of every position: from the last residual where edits or captures lie after it, or from the
 * tokens of a short text, for which opening a second session would cost more than the logits.
 */
async function toLogits(
  engine: Engine,
  pass: Pass,
  hidden: Float32Array | undefined,
  sink: Sink,
  o: RunOptions,
): Promise<Omit<SequenceRun, 'captured'>> {
  const { ids } = pass
  const time = ids.length
  const from = point('resid_post', engine.config.layers - 1)
  const capture = hidden ? pass.capture.filter(isTail) : pass.capture
  const recipe: Recipe = {
    extent: engine.extent(time),
    probes: hidden ? [{ at: from, do: 'feed' }, ...pass.probes.filter(p => isTail(p.at))] : pass.probes,
    want: [...capture.filter(p => p.site !== 'logits'), point('logits')],
    finish: negativeLogLikelihood,
  }
  const targets = i32([1, time, 1], Int32Array.from([...ids.slice(1), 0]))
  const start = hidden ? { [`feed:${pointKey(from)}`]: f32([1, time, engine.config.dim], hidden) } : tokenFeeds([ids])
  const feeds = { ...pass.feeds, ...start, targets }
  const out = await engine.run(recipe, feeds, { signal: o.signal })
  await hand(
    capture.filter(p => p.site !== 'logits' || !o.allLogits || !o.sink),
    out,
    pass,
    sink,
  )
  if (o.allLogits && o.sink) await sink(point('logits'), sampleOf(out.logits!))
  const logits = out.logits!.data as Float32Array
  const last = logits.slice((time - 1) * engine.config.vocab)
  const nll = (out.nll!.data as Float32Array).subarray(0, time - 1)
  return {
    ids,
    loss: lossOf(nll),
    tokenLoss: nll,
    top: topTokens(last, TOP),
    logits: o.allLogits && !o.sink ? sampleOf(out.logits!) : f32([last.length], last),
  }
}

/** Bytes of logits and captures that exist at once; refuses before anything runs what would not fit, with the number. */
function heldAtOnce(engine: Engine, ids: readonly number[], o: RunOptions): number {
  const { budget, capture = [] } = o
  const tail = [...capture, ...(o.edits ?? []).map(e => e.at)].some(isTail)
  const rows = tail || (o.allLogits && !o.sink) ? ids.length : o.allLogits ? Math.min(SHORT, ids.length) : 0
  const logits = 4 * rows * engine.config.vocab
  const part = (p: Point) => (SITES[p.site].perLayer ? p.layer : p.site)
  const together = (p: Point) => capture.filter(q => part(q) === part(p))
  const parts = o.sink ? capture.map(together) : [capture]
  const held = logits + Math.max(0, ...parts.map(points => captureBytes(engine, points, ids.length)))
  if (budget === undefined || held <= budget) return held
  const gib = (n: number) => `${(n / 2 ** 30).toFixed(2)} GiB`
  throw new HeadwiseError(
    `These captures of ${ids.length} tokens need ${gib(held)} of memory at once, and the budget is ${gib(budget)}; capture fewer layers or sites, write them with --out, or raise --budget.`,
    { code: 'budget', fault: 'usage', where: 'capture', found: held, allowed: budget },
  )
}

/** Up to this many tokens the logits of all positions are small enough to come out of the same graph. */
const SHORT = 128
/** Captures above this size are computed and handed on layer by layer. */
const LAYERED_BYTES = 64 * 2 ** 20
/** So is a pass of more operations, a second or so: it tells how far it is, and can be ended between layers. */
const LAYERED_FLOPS = 2e11

/** Whether a pass goes layer by layer. A resident session of the whole body is quicker than many that are opened anew. */
function inLayers({ config: c, residence }: Engine, time: number, bytes: number, o: RunOptions): boolean {
  if (o.sink !== undefined && bytes > Math.min(LAYERED_BYTES, o.budget ?? LAYERED_BYTES)) return true
  const weights = c.layers * c.dim * (2 * (c.heads + c.groups) * c.headDim + 3 * c.mlpDim)
  return residence === 'once' && 2 * time * weights > LAYERED_FLOPS
}

/**
 * Runs each sequence once, with the edits and captures of `o`. Throws `prompt-too-long`, `budget`, `edit…` errors
 * before anything is computed.
 */
export async function runSequence(engine: Engine, ids: readonly number[], o: RunOptions = {}): Promise<SequenceRun> {
  checkTokens(ids, engine.config.vocab)
  engine.extent(ids.length)
  const held = heldAtOnce(engine, ids, o)
  const { sample = 0 } = o
  const [ready] = await readyEdits(engine, [{ ids, edits: o.edits ?? [], sample }], o, o.signal)
  const edited: EditedSample = { ids, edits: ready!, sample, last: ids.length }
  const { probes, feeds } = lowerEdits([edited], engine.config, { start: 0, count: ids.length })
  const capture = o.capture ?? []
  const captured = new Map<string, NDArray<'f32'>>()
  const pass: Pass = {
    ids,
    probes: [...probes, ...(o.reductions ?? [])],
    feeds,
    capture,
    keep: (key, value) => captured.set(key, value),
  }
  const body: Pass = {
    ...pass,
    probes: pass.probes.filter(p => !isTail(p.at)),
    capture: capture.filter(p => !isTail(p)),
  }
  const layered = inLayers(engine, ids.length, captureBytes(engine, body.capture, ids.length), o)
  const keep: Sink = async (p, { shape, data }) =>
    // Layers use the same memory by turns.
    void captured.set(pointKey(p), f32(shape, layered ? data.slice() : data))
  const sink = o.sink ?? keep
  if (!layered && ids.length <= SHORT) return { ...(await toLogits(engine, pass, undefined, sink, o)), captured }
  const { signal, onProgress, budget = Number.POSITIVE_INFINITY } = o
  const hidden = layered
    ? await layeredBody(engine, body, sink, { ahead: 2 * held <= budget, signal, onProgress })
    : await wholeBody(engine, body, sink, signal)
  const tail = [...probes.map(p => p.at), ...capture].some(isTail)
  const end = tail ? await toLogits(engine, pass, hidden, sink, o) : await finish(engine, ids, hidden, o)
  return { ...end, captured }
}

/** The points of a site at one layer, or at every layer. */
export function pointsOf(site: Point['site'], layers: number, layer?: number): Point[] {
  if (layer !== undefined && layer >= layers)
    throw new HeadwiseError(`${site}@${layer}: the model has layers 0 to ${layers - 1}.`, {
      code: 'capture',
      fault: 'usage',
      where: `${site}@${layer}`,
      found: layer,
      allowed: layers - 1,
    })
  if (!SITES[site].perLayer) return [point(site)]
  return layer === undefined ? Array.from({ length: layers }, (_, l) => point(site, l)) : [point(site, layer)]
}
