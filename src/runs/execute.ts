import { f32, type NDArray } from '../words/arrays.ts'
import { type OnProgress, throwIfAborted } from '../words/error.ts'
import { point, pointKey } from '../words/site.ts'
import { tokenFeeds } from './batch.ts'
import { type Due, Meter, rowsRead, type Sample } from './metric.ts'
import { type LayerGroup, type Plan, type Prepared, prepare } from './plan.ts'

export interface Measured {
  /** Index of the run, or −1 for the clean pass. */
  readonly run: number
  readonly sample: number
  readonly value: number
}

const tick = () => new Promise<void>(resolve => setImmediate(resolve))

/** One clean value [1, …] repeated along the batch. */
function repeated({ shape, data }: NDArray, batch: number): NDArray<'f32'> {
  const out = new Float32Array(batch * data.length)
  for (let b = 0; b < batch; b++) out.set(data as Float32Array, b * data.length)
  return f32([batch, ...shape.slice(1)], out)
}

/** A sample on its way through the layers: its clean values, and the residual of every run that has started. */
interface Advancing {
  readonly index: number
  readonly prepared: Prepared
  readonly batch: number
  readonly clean: ReadonlyMap<string, NDArray>
  readonly metric: number
  readonly residual: Map<number, Float32Array>
}

/** The rows of a last residual [time, dim] that the sample reads. */
function due(sample: Sample, hidden: Float32Array, dim: number, clean = false): Due {
  const { first, count } = rowsRead(sample)
  return { sample, hidden: hidden.subarray(first * dim, (first + count) * dim), clean }
}

/** One clean pass that keeps what the runs are fed, and its metric. */
async function start(p: Plan, meter: Meter, index: number, batch: number, signal?: AbortSignal): Promise<Advancing> {
  const { engine } = p
  const prepared = await prepare(p, index, signal)
  const { sample } = prepared
  const end = point('resid_post', engine.config.layers - 1)
  const recipe = { extent: engine.extent(sample.ids.length), probes: [], want: [...prepared.kept(), end] }
  const out = await engine.run(recipe, tokenFeeds([sample.ids]), { signal })
  const [metric] = await meter.read(
    [due(sample, out[pointKey(end)]!.data as Float32Array, engine.config.dim, true)],
    signal,
  )
  return { index, prepared, batch, clean: new Map(Object.entries(out)), metric: metric!, residual: new Map() }
}

/** Pieces of equal length as one array: the memory that they lie in, where they follow each other there, else a copy. */
function together(pieces: readonly Float32Array[]): Float32Array {
  const [first] = pieces
  const { buffer, byteOffset, length } = first!
  if (pieces.every((p, i) => p.buffer === buffer && p.byteOffset === byteOffset + 4 * i * length))
    return new Float32Array(buffer, byteOffset, pieces.length * length)
  const joined = new Float32Array(pieces.length * length)
  for (const [i, p] of pieces.entries()) joined.set(p, i * length)
  return joined
}

/** One batch of runs of one sample through one layer. */
async function step(
  { prepared, clean, residual }: Advancing,
  group: LayerGroup,
  runs: readonly number[],
  layer: number,
): Promise<void> {
  const { engine, sample, time } = prepared
  const width = time * engine.config.dim
  const { feeds } = prepared.lower(runs.map(r => prepared.edits[r]!))
  const fed: Record<string, NDArray> = {}
  for (const at of group.clean) fed[`feed:${pointKey(at)}`] = repeated(clean.get(pointKey(at))!, runs.length)
  if (group.clean.length === 0 && residual.has(runs[0]!)) {
    const x = together(runs.map(run => residual.get(run)!))
    fed[`feed:resid_pre@${layer}`] = f32([runs.length, time, engine.config.dim], x)
  }
  const out = await engine.run(group.recipe, { ...tokenFeeds(runs.map(() => sample.ids)), ...feeds, ...fed })
  const x = out[`resid_post@${layer}`]!.data as Float32Array
  for (const [b, run] of runs.entries()) residual.set(run, x.subarray(b * width, (b + 1) * width))
}

/** Carries a plan out: the clean metric of every sample (run −1), then every edited run as it is measured. */
export async function* execute(
  p: Plan,
  o: { signal?: AbortSignal | undefined; onProgress?: OnProgress | undefined } = {},
): AsyncGenerator<Measured> {
  const { engine, runs } = p
  const total = p.base.length * engine.config.layers
  let done = 0
  for (const wave of p.waves) {
    const meter = new Meter(engine)
    const samples: Advancing[] = []
    for (const [i, s] of wave.samples.entries()) samples.push(await start(p, meter, s, wave.batch[i]!, o.signal))
    for (const { index, metric } of samples) yield { run: -1, sample: index, value: metric }
    for (let layer = 0; layer < engine.config.layers; layer++) {
      for (const sample of samples) {
        for (const group of sample.prepared.groups(layer))
          for (let i = 0; i < group.runs.length; i += sample.batch) {
            throwIfAborted(o.signal)
            await step(sample, group, group.runs.slice(i, i + sample.batch), layer)
            await tick()
          }
        o.onProgress?.({ what: 'layers', done: ++done, total })
      }
      await engine.close('batch')
    }
    for (const { index, prepared, residual, metric } of samples) {
      const started = [...residual.keys()]
      const { dim } = engine.config
      const values = await meter.read(
        [...residual.values()].map(x => due(prepared.sample, x, dim)),
        o.signal,
      )
      const measured = new Map(started.map((run, i) => [run, values[i]!]))
      for (let run = 0; run < runs.length; run++) yield { run, sample: index, value: measured.get(run) ?? metric }
    }
    await engine.close('batch')
  }
}
