import { f32, type NDArray } from '../words/arrays.ts'
import { throwIfAborted, type Watch } from '../words/error.ts'
import { point, pointKey, type Site } from '../words/site.ts'
import { Kept } from './kept.ts'
import type { Pass } from './pass.ts'
import { BLOCK } from './patterns.ts'
import { owner, type Rows } from './rows.ts'
import type { Checked, EdgeResult } from './verbs.ts'
import { checkHeads, usage } from './view.ts'

/** Bytes of q, k, scores and patterns that are kept for each pass: who moves over a pattern asks for one edge after another. */
const KEPT_BYTES = 48 * 2 ** 20

/** A layer’s values, of all query rows (short texts) or of one. */
interface Layer {
  /** [rows, head, dimension]. */
  readonly q: NDArray<'f32'>
  /** [T, group, dimension]. */
  readonly k: NDArray<'f32'>
  readonly v: NDArray<'f32'>
  /** [rows, head, dimension]. */
  readonly z: NDArray<'f32'>
  /** [head, rows, key]. */
  readonly scores: NDArray<'f32'>
  readonly pattern: NDArray<'f32'>
}

const bytesOf = ({ q, z, scores, pattern }: Layer): number =>
  q.data.byteLength + z.data.byteLength + scores.data.byteLength + pattern.data.byteLength

/** What one query and one key of a head hold, what becomes of their inner product, and what is moved by it. */
export class Edges {
  readonly #kept = new WeakMap<Pass, Kept<Layer>>()

  constructor(readonly rows: Rows) {}

  /** Throws `view` for heads and positions that are not there, and for a key that comes after its query. */
  async edge(
    pass: Pass,
    { layer, head, query, key }: Omit<Checked<'edge'>, 'ids' | 'edits'>,
    { signal }: Watch,
  ): Promise<EdgeResult> {
    throwIfAborted(signal)
    const time = pass.ids.length
    const { heads, groups, headDim } = pass.engine.config
    checkHeads(pass, [{ layer, head }], '')
    if (query >= time)
      throw usage(`query is ${query}; the text has the positions 0 to ${time - 1}.`, 'query', query, time - 1)
    if (key > query)
      throw usage(`key is ${key}, which comes after query ${query}: it cannot attend to it.`, 'key', key, query)
    const short = time <= BLOCK
    const { q, k, v, z, scores, pattern } = await this.#layer(
      owner(pass, layer),
      layer,
      short ? undefined : query,
      signal,
    )
    const row = short ? query : 0
    const vector = ({ data }: NDArray<'f32'>, at: number) =>
      f32([headDim], data.slice(at * headDim, (at + 1) * headDim))
    const [, rows = 0, keys = 0] = scores.shape
    const start = (head * rows + row) * keys
    const cell = start + key
    const group = Math.floor((head * groups) / heads)
    const mixed = new Float64Array(headDim)
    for (let at = 0; at <= query; at++)
      for (let d = 0; d < headDim; d++)
        mixed[d]! += pattern.data[start + at]! * v.data[(at * groups + group) * headDim + d]!
    return {
      q: vector(q, row * heads + head),
      k: vector(k, key * groups + group),
      v: vector(v, key * groups + group),
      scale: 1 / Math.sqrt(headDim),
      score: scores.data[cell]!,
      share: pattern.data[cell]!,
      mixed: f32([headDim], Float32Array.from(mixed)),
      z: vector(z, row * heads + head),
    }
  }

  async #layer(pass: Pass, layer: number, query: number | undefined, signal?: AbortSignal): Promise<Layer> {
    const kept = this.#kept.get(pass) ?? new Kept<Layer>(KEPT_BYTES, bytesOf)
    this.#kept.set(pass, kept)
    return await kept.get(`${layer}/${query}`, async () => {
      const at = (site: Site) => point(site, layer)
      const own = [at('q'), at('scores'), at('pattern'), at('z')]
      const whole = query === undefined
      const window = whole ? ([0, pass.ids.length] as const) : ([query, 1] as const)
      const out = await this.rows.read(pass, layer, window, whole ? [...own, at('k'), at('v')] : own, signal)
      const read = (site: Site) => out.get(pointKey(at(site)))!
      const { k, v } = whole ? { k: read('k'), v: read('v') } : await this.rows.slab(pass, layer, signal)
      return { q: read('q'), k, v, z: read('z'), scores: read('scores'), pattern: read('pattern') }
    })
  }
}
