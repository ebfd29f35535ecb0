import { f32, type NDArray } from '../words/arrays.ts'
import { type OnProgress, throwIfAborted } from '../words/error.ts'
import { type Point, point, pointKey } from '../words/site.ts'
import { tokenFeeds } from './batch.ts'
import { lowerEdits, type ReadyEdit } from './edits.ts'
import type { Engine } from './engine.ts'
import { fedAt, layerRecipe, type Metric, type Plan, type Sample, type Step } from './plan.ts'
import { unembed } from './unembed.ts'
import { readyEdits } from './values.ts'

export interface Measured {
  /** Index of the run, or −1 for the clean pass. */
  readonly run: number
  readonly sample: number
  readonly values: Float32Array
}

const tick = () => new Promise<void>(resolve => setImmediate(resolve))

/** The metric of each sequence of a batch from its last residual [batch, time, dim]. */
async function measure(
  engine: Engine,
  hidden: Float32Array,
  batch: number,
  sample: Sample,
  read: Metric,
  signal?: AbortSignal,
): Promise<Float32Array[]> {
  const { dim, vocab } = engine.config
  const time = sample.ids.length
  const rows = read === 'loss' ? time - 1 : 1
  const start = read === 'loss' ? 0 : time - 1
  // The rows that are read, without the others, so that blocks of the unembedding are full.
  const wanted = new Float32Array(batch * rows * dim)
  for (let b = 0; b < batch; b++)
    wanted.set(hidden.subarray((b * time + start) * dim, (b * time + start + rows) * dim), b * rows * dim)
  if (read === 'loss') {
    const targets = new Int32Array(batch * rows)
    for (let b = 0; b < batch; b++) targets.set(sample.ids.slice(1), b * rows)
    const { nll } = await unembed(engine, wanted, { targets, signal })
    return Array.from({ length: batch }, (_, b) =>
      Float32Array.of(nll!.subarray(b * rows, (b + 1) * rows).reduce((s, x) => s + x, 0) / rows),
    )
  }
  const { logits } = await unembed(engine, wanted, { logits: true, signal })
  const mean = (ids: readonly number[], b: number) =>
    ids.reduce((s, id) => s + logits![b * vocab + id]!, 0) / ids.length
  return Array.from({ length: batch }, (_, b) =>
    Float32Array.of(mean(sample.answers!, b) - mean(sample.distractors!, b)),
  )
}

/** One value repeated along a new batch axis. */
function repeated({ shape, data }: NDArray, batch: number): NDArray<'f32'> {
  const out = new Float32Array(batch * data.length)
  for (let b = 0; b < batch; b++) out.set(data, b * data.length)
  return f32([batch, ...shape.slice(1)], out)
}

interface Clean {
  readonly hidden: Float32Array
  readonly at: ReadonlyMap<string, NDArray>
}

/** One clean pass of a sample that keeps what its steps are fed. */
async function cleanPass(
  engine: Engine,
  ids: readonly number[],
  keep: readonly Point[],
  signal?: AbortSignal,
): Promise<Clean> {
  const end = point('resid_post', engine.config.layers - 1)
  const out = await engine.run(
    { extent: engine.extent(ids.length), probes: [], want: [...keep, end] },
    tokenFeeds([ids]),
    { signal },
  )
  return {
    hidden: out[pointKey(end)]!.data as Float32Array,
    at: new Map(keep.map(p => [pointKey(p), out[pointKey(p)]!])),
  }
}

/** The runs of one step, layer by layer from the start layer to the end: the last residual [batch, time, dim]. */
async function advance(
  engine: Engine,
  ids: readonly number[],
  step: Step,
  edits: readonly (readonly ReadyEdit[])[],
  clean: Clean,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const batch = edits.length
  const { probes, feeds } = lowerEdits(
    edits.map(own => ({ ids, edits: own, last: ids.length })),
    engine.config,
    { start: 0, count: ids.length },
  )
  const first = Math.max(0, step.layer)
  let x: NDArray | undefined
  for (let layer = first; layer < engine.config.layers; layer++) {
    throwIfAborted(signal)
    const fed = step.layer < 0 && layer === 0 ? [] : fedAt(layer, step.layer, edits)
    const own = layerRecipe(engine, ids.length, layer, probes, fed)
    const recipe =
      step.layer < 0 && layer === 0
        ? { ...own, probes: [...own.probes, ...probes.filter(p => p.at.site === 'embed')] }
        : own
    const given = fed.map(
      p =>
        [`feed:${pointKey(p)}`, p.site === 'resid_pre' && x ? x : repeated(clean.at.get(pointKey(p))!, batch)] as const,
    )
    const out = await engine.run(recipe, {
      ...tokenFeeds(new Array(batch).fill(ids)),
      ...feeds,
      ...Object.fromEntries(given),
    })
    x = out[pointKey(point('resid_post', layer))]!
    await tick()
  }
  return x!.data as Float32Array
}

/** Carries a plan out: the clean metric of every sample first (run −1), then every edited run as it is measured. */
export async function* execute(
  p: Plan,
  o: { signal?: AbortSignal | undefined; onProgress?: OnProgress | undefined } = {},
): AsyncGenerator<Measured> {
  const { engine, base, runs, read } = p
  let done = 0
  for (const [s, sample] of base.entries()) {
    const { ids } = sample
    const steps = p.steps.filter(step => step.sample === s)
    const ready = await readyEdits(
      engine,
      runs.map(edits => ({ ids, edits })),
      p.context,
      o.signal,
    )
    const keep = new Map(
      steps
        .flatMap(step =>
          fedAt(
            Math.max(0, step.layer),
            step.layer,
            step.runs.map(r => ready[r]!),
          ),
        )
        .map(at => [pointKey(at), at]),
    )
    const clean = await cleanPass(engine, ids, [...keep.values()], o.signal)
    const [metric] = await measure(engine, clean.hidden, 1, sample, read, o.signal)
    yield { run: -1, sample: s, values: metric! }
    for (const step of steps) {
      const edits = step.runs.map(r => ready[r]!)
      const hidden = await advance(engine, ids, step, edits, clean, o.signal)
      const values = await measure(engine, hidden, edits.length, sample, read, o.signal)
      for (const [i, run] of step.runs.entries()) yield { run, sample: s, values: values[i]! }
      done += step.runs.length
      o.onProgress?.({ what: 'runs', done, total: base.length * runs.length })
    }
  }
}
