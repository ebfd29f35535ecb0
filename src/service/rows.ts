import { f32, type NDArray } from '../words/arrays.ts'
import { type Point, point, pointKey, SITES } from '../words/site.ts'
import { Kept } from './kept.ts'
import type { Pass } from './pass.ts'

/** Bytes of keys and values that are kept for each pass. */
const KEPT_BYTES = 96 * 2 ** 20

/** The keys and values of a layer for every position, after their edits: [T, group, dimension] each. */
export interface Slab {
  readonly k: NDArray<'f32'>
  readonly v: NDArray<'f32'>
}

/** The pass whose attention of the layer this is: below its first edit a pass is the clean one. */
export const owner = (pass: Pass, layer: number): Pass => (pass.below && layer < pass.start ? pass.below : pass)

/** Some query rows of one layer: long texts are never computed whole, their keys and values once. */
export class Rows {
  readonly #slabs = new WeakMap<Pass, Kept<Slab>>()

  /** Points of the query rows [start, start + count), without the batch axis; their keys are those up to the last row. */
  async read(
    pass: Pass,
    layer: number,
    [start, count]: readonly [start: number, count: number],
    want: readonly Point[],
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, NDArray<'f32'>>> {
    const { engine, ids } = pass
    const time = ids.length
    if (count === time) return await pass.inLayer(layer, want, signal)
    const { probes, feeds } = pass.lower(at => at.layer === layer && SITES[at.site].perLayer, start, count)
    const begin = await pass.begin(layer, signal, start, count)
    const { k, v } = await this.slab(pass, layer, signal)
    const past = (a: NDArray<'f32'>) =>
      f32([1, start, ...a.shape.slice(1)], a.data.subarray(0, (start * a.data.length) / time))
    const out = await engine.run(
      { extent: engine.extent(count, { past: start > 0, reach: time }), probes: [begin.probe, ...probes], want },
      {
        ...begin.feeds,
        ...(start > 0 && { [`past.${layer}.k`]: past(k), [`past.${layer}.v`]: past(v) }),
        ...feeds,
      },
      { signal },
    )
    return new Map(
      want.map(pointKey).map(key => [key, f32(out[key]!.shape.slice(1), out[key]!.data as Float32Array)] as const),
    )
  }

  async slab(pass: Pass, layer: number, signal: AbortSignal | undefined): Promise<Slab> {
    const kept = this.#slabs.get(pass) ?? new Kept<Slab>(KEPT_BYTES, s => s.k.data.byteLength + s.v.data.byteLength)
    this.#slabs.set(pass, kept)
    return await kept.get(`${layer}`, async () => {
      const [k, v] = [point('k', layer), point('v', layer)]
      const out = await pass.inLayer(layer, [k, v], signal)
      return { k: out.get(pointKey(k))!, v: out.get(pointKey(v))! }
    })
  }
}
