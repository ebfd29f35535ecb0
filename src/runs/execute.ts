import { f32, i32, type NDArray } from '../words/arrays.ts'
import { type OnProgress, throwIfAborted } from '../words/error.ts'
import { type Point, point, pointKey, SITES } from '../words/site.ts'
import { tick } from '../words/tick.ts'
import type { CleanValues } from './clean.ts'
import { editProbes, inBatch, lowerProbes, type Placing, type ReadyEdit } from './edits.ts'
import type { Engine } from './engine.ts'
import type { Lane } from './lanes.ts'
import { type Due, Meter, rowsRead, type Sample } from './metric.ts'
import { naive } from './naive.ts'
import { type Measured, type Plan, takeWork, type Work } from './plan.ts'
import { behindOf, type Step } from './schedule.ts'

type Ready = ReadonlyMap<Lane, readonly ReadyEdit[]>

/** Applies the edits of one point to the rows of one lane in place: x' = where(m, a·x + b, x), as the graph does. */
function applyEdits(
  { config }: Engine,
  at: Point,
  lane: Lane,
  from: number,
  edits: readonly ReadyEdit[],
  rows: Float32Array,
): void {
  const key = pointKey(at)
  const count = lane.ids.length - from
  const sample = { ids: lane.ids, edits, sample: lane.sample, last: lane.ids.length }
  const probes = editProbes([edits])
  const placing = inBatch(1, { start: from, count })
  const fed = lowerProbes(probes, [sample], config, () => placing)
  const [m, a, b] = ['m', 'a', 'b'].map(part => fed[`edit:${key}.${part}`]!)
  // [1, position, head or group, dimension] or [1, position, dimension]; sizes of 1 are broadcast.
  const shape = m!.shape
  const inner =
    shape.at(-1)! === 1 ? rows.length / count / (shape.length === 4 ? headsOf(at, config) : 1) : shape.at(-1)!
  const middle = rows.length / count / inner
  const strideRow = shape[1] === 1 ? 0 : shape.slice(2).reduce((p, d) => p * d, 1)
  const strideMiddle = shape.length === 4 && shape[2] !== 1 ? shape[3]! : 0
  const strideInner = shape.at(-1) === 1 ? 0 : 1
  for (let r = 0, i = 0; r < count; r++)
    for (let h = 0; h < middle; h++)
      for (let d = 0; d < inner; d++, i++) {
        const cell = r * strideRow + h * strideMiddle + d * strideInner
        if (m!.data[cell]) rows[i] = Math.fround(Math.fround(a!.data[cell]! * rows[i]!) + b!.data[cell]!)
      }
}

const headsOf = ({ site }: Point, { heads, groups }: Engine['config']): number =>
  SITES[site].heads === 'group' ? groups : SITES[site].heads === 'head' ? heads : 1

/** Where each lane's rows begin, when they lie one after another. */
function starts(lanes: readonly Lane[], first: readonly number[]): number[] {
  let at = 0
  return lanes.map((lane, b) => {
    const start = at
    at += lane.ids.length - first[b]!
    return start
  })
}

/** The index tables of a step, named as the graph's inputs. */
function tables(step: Step): Record<string, NDArray> {
  const { lanes, from, to, sizes } = step
  const { rows, queries = 0, keys = 0, slab = 0, kept = rows! } = sizes
  const [begin, goes] = [starts(lanes, from), starts(lanes, to)]
  const samples = [...behindOf(step).keys()]
  const at = new Int32Array(rows!)
  const keptRows = new Int32Array(kept)
  const back = new Int32Array(kept)
  const pack = new Int32Array(lanes.length * queries)
  const seen = new Int32Array(lanes.length * keys)
  for (const [b, { ids, sample }] of lanes.entries()) {
    const time = ids.length
    const clean = samples.indexOf(sample) * time
    for (let p = from[b]!; p < time; p++) at[begin[b]! + p - from[b]!] = p
    for (let p = to[b]!; p < time; p++) {
      keptRows[goes[b]! + p - to[b]!] = begin[b]! + p - from[b]!
      if (queries > 0) back[goes[b]! + p - to[b]!] = b * queries + p - (time - queries)
    }
    // Rows before the lane's first are filled up with it; nobody reads what they find.
    for (let j = 0; j < queries; j++) pack[b * queries + j] = goes[b]! + Math.max(0, time - queries + j - to[b]!)
    for (let p = 0; p < keys; p++) seen[b * keys + p] = p < from[b]! ? clean + p : slab + begin[b]! + p - from[b]!
  }
  return {
    at: i32([1, rows!], at),
    kept: i32([kept], keptRows),
    back: i32([kept], back),
    pack: i32([lanes.length, queries], pack),
    keys: i32([lanes.length, keys], seen),
  }
}

/** Clean keys and values of the samples in a batch, one after another. */
function slabs(step: Step, values: CleanValues): Record<string, NDArray> {
  const { layer, sizes } = step
  if (!sizes.slab) return {}
  const texts = behindOf(step)
  const out: Record<string, NDArray> = {}
  for (const site of ['k', 'v'] as const) {
    const parts = [...texts.values()].map(ids => values.get(point(site, layer), ids))
    const [, groups, width] = parts[0]!.shape as [number, number, number]
    const data = parts.length === 1 ? parts[0]!.data : new Float32Array(sizes.slab * groups * width)
    if (parts.length > 1) for (const [i, p] of parts.entries()) data.set(p.data, i * p.data.length)
    out[`past.${layer}.${site}`] = f32([1, sizes.slab, groups, width], data)
  }
  return out
}

/** Which rows an input of the graph holds: all of a lane, those that go on, or those that ask. */
function placingOf({ graph, lanes, from, to, sizes }: Step, at: Point): Placing {
  const shape = graph.inputs.get(`edit:${pointKey(at)}.m`)!.shape
  const { queries = 1, keys = 1 } = sizes
  const time = lanes[0]!.ids.length
  if ((SITES[at.site].axes as readonly string[]).includes('query'))
    return {
      batch: lanes.length,
      rows: queries,
      keys,
      batchOf: b => b,
      rowOf: (b, p) => (p >= to[b]! ? p - (time - queries) : undefined),
    }
  const narrow = String(shape[1]) === 'kept'
  const first = narrow ? to : from
  const begin = starts(lanes, first)
  return {
    batch: 1,
    rows: narrow ? sizes.kept! : sizes.rows!,
    keys,
    batchOf: () => 0,
    rowOf: (b, p) => (p >= first[b]! ? begin[b]! + p - first[b]! : undefined),
  }
}

/** The lanes of one part on their way. */
class Advancing {
  readonly residual = new Map<Lane, Float32Array>()
  readonly #begun = new Set<Lane>()
  constructor(
    readonly engine: Engine,
    readonly values: CleanValues,
    readonly ready: Ready,
  ) {}

  /** What is fed at a point: clean rows, or the residual that a lane carries, edited where its edits act there. */
  #fed(step: Step, at: Point): NDArray {
    const { lanes, from, to, graph } = step
    const { shape } = graph.inputs.get(`feed:${pointKey(at)}`)!
    const first = String(shape[1]) === 'kept' ? to : from
    const parts = lanes.map((lane, b) => {
      const carried = this.residual.get(lane)
      const [value, begins] = carried ? [carried, lane.first] : [this.values.get(at, lane.ids).data, 0]
      const width = value.length / (lane.ids.length - begins)
      const rows = value.subarray((first[b]! - begins) * width)
      const edits = this.ready.get(lane)!.filter(e => pointKey(e.edit.at) === pointKey(at))
      if (edits.length === 0) return rows
      const edited = rows.slice()
      applyEdits(this.engine, at, lane, first[b]!, edits, edited)
      return edited
    })
    const size = shape.slice(2).map(d => d as number)
    const data = together(parts)
    return f32([1, data.length / size.reduce((p, d) => p * d, 1), ...size], data)
  }

  /** Bytes of the clean values and of the residuals of the lanes that have begun. */
  held(): number {
    let rows = 0
    for (const lane of this.#begun) rows += lane.ids.length - lane.first
    return this.values.held() + 4 * rows * this.engine.config.dim
  }

  /** One batch through one layer. */
  async step(step: Step, signal: AbortSignal | undefined): Promise<void> {
    const { layer, lanes, to, entry, graph, recipe } = step
    const { dim } = this.engine.config
    const samples = lanes.map(lane => ({
      ids: lane.ids,
      edits: this.ready.get(lane)!,
      sample: lane.sample,
      last: lane.ids.length,
    }))
    const feeds: Record<string, NDArray> = {
      ...tables(step),
      ...slabs(step, this.values),
      ...lowerProbes(entry.probes, samples, this.engine.config, at => placingOf(step, at)),
    }
    for (const at of entry.fed)
      if (graph.inputs.has(`feed:${pointKey(at)}`)) feeds[`feed:${pointKey(at)}`] = this.#fed(step, at)
    for (const lane of lanes) this.#begun.add(lane)
    if (this.engine.ledger) this.engine.ledger.held = this.held()
    const out = await this.engine.run(recipe, feeds, { signal })
    const x = out[pointKey(point('resid_post', layer))]!.data as Float32Array
    const begin = starts(lanes, to)
    for (const [b, lane] of lanes.entries()) {
      const rows = x.subarray(begin[b]! * dim, (begin[b]! + lane.ids.length - to[b]!) * dim)
      this.residual.set(lane, rows)
    }
  }
}

/** Pieces as one array: the memory that they lie in, where they follow each other there, else a copy. */
function together(pieces: readonly Float32Array[]): Float32Array {
  const [first] = pieces
  let end = first!.byteOffset
  const adjacent = pieces.every(p => {
    const follows = p.buffer === first!.buffer && p.byteOffset === end
    end += p.byteLength
    return follows
  })
  if (adjacent) return new Float32Array(first!.buffer, first!.byteOffset, (end - first!.byteOffset) / 4)
  const joined = new Float32Array(pieces.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const p of pieces) {
    joined.set(p, at)
    at += p.length
  }
  return joined
}

/** The rows that a run reads: clean ones before the first that it changed, its own from there on. */
function dueOf(engine: Engine, sample: Sample, values: CleanValues, lane?: Lane, own?: Float32Array): Due {
  const { dim, layers } = engine.config
  const { first, count } = rowsRead(sample)
  const clean = values.get(point('resid_post', layers - 1), sample.ids).data
  if (!lane || !own) return { sample, hidden: clean.subarray(first * dim, (first + count) * dim), clean: true }
  const changed = own.subarray(0, (first + count - lane.kept) * dim)
  if (lane.kept === first) return { sample, hidden: changed }
  return { sample, hidden: together([clean.subarray(first * dim, lane.kept * dim), changed]) }
}

interface ExecuteOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: OnProgress | undefined
  /** Only some parts, by index. */
  readonly parts?: readonly number[] | undefined
}

/** Billions with one decimal. */
const tenths = (flops: number): number => Math.round(flops / 1e8) / 10

/** Carries a part out. */
async function* carryOut(
  p: Plan,
  work: Work,
  part: number,
  step: () => void,
  o: ExecuteOptions,
): AsyncGenerator<Measured> {
  const { engine, base } = p
  await work.values.compute(o.signal)
  let held = () => work.values.held()
  const meter = new Meter(engine, () => held())
  const cleanValues = await meter.read(
    work.samples.map(s => dueOf(engine, base[s]!, work.values)),
    o.signal,
  )
  const clean = new Map(work.samples.map((s, i) => [s, cleanValues[i]!]))
  for (const { run, sample } of p.parts[part]!.entries)
    if (run < 0) yield { run, sample, value: clean.get(sample)!, part }
  step()

  const advancing = new Advancing(engine, work.values, work.ready())
  held = () => advancing.held()
  for (const steps of work.layers) {
    for (const s of steps) {
      throwIfAborted(o.signal)
      await advancing.step(s, o.signal)
      step()
      await tick()
    }
    await engine.close('batch')
  }
  const due = work.lanes.map(l => dueOf(engine, base[l.sample]!, work.values, l, advancing.residual.get(l)))
  const values = await meter.read(due, o.signal)
  await engine.close('batch')
  const measured = new Map(work.lanes.map((l, i) => [`${l.run} ${l.sample}`, values[i]!]))
  for (const { run, sample } of p.parts[part]!.entries)
    if (run >= 0) yield { run, sample, value: measured.get(`${run} ${sample}`) ?? clean.get(sample)!, part }
}

/** Carries a plan out, or some of its parts: the metric of every run as it is measured. */
export async function* execute(p: Plan, o: ExecuteOptions = {}): AsyncGenerator<Measured> {
  const wanted = o.parts ?? p.parts.map((_, i) => i)
  const total = wanted.reduce((n, i) => n + p.parts[i]!.flops, 0)
  if (p.fallback !== undefined) {
    let done = 0
    for await (const measured of naive(p, o)) {
      yield { ...measured, part: 0 }
      done += 1
      o.onProgress?.({ what: 'runs', done, total: p.parts[0]!.entries.length })
    }
    return
  }
  let before = 0
  for (const part of wanted) {
    const work = await takeWork(p, p.parts[part]!)
    const steps = work.layers.flat().length + 1
    const share = p.parts[part]!.flops / steps
    let done = before
    const step = () => {
      done += share
      o.onProgress?.({ what: 'GFLOP', done: tenths(Math.min(done, total)), total: tenths(total) })
    }
    yield* carryOut(p, work, part, step, o)
    before += p.parts[part]!.flops
  }
}
