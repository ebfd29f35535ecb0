import { f32 } from '../words/arrays.ts'
import { throwIfAborted, type Watch } from '../words/error.ts'
import { point, pointKey } from '../words/site.ts'
import { tick } from '../words/tick.ts'
import { Kept } from './kept.ts'
import { type Pass, range } from './pass.ts'
import { owner, type Rows } from './rows.ts'
import type { Checked, OverviewResult } from './verbs.ts'
import { usage } from './view.ts'

/** Query rows that are computed at once; a shorter text is one block. */
const BLOCK = 256
/** Bytes of pictures that are kept for each pass. */
const KEPT_BYTES = 16 * 2 ** 20
/** Entries of all patterns together that are read for one answer: half a minute of work on two cores. */
export const MOST_ENTRIES = 2 ** 31

type View = Omit<Checked<'overview'>, 'ids' | 'edits'>

/** The patterns of all heads as small pictures, each cell the largest of its entries. */
export class Overview {
  /** By layer: an edit leaves the layers below it, and work that was stopped leaves what it had. */
  readonly #pictures = new WeakMap<Pass, Kept<Float32Array>>()

  constructor(readonly rows: Rows) {}

  /** Layer by layer and block by block of rows, so that no more than one block of one layer is held. */
  async all(pass: Pass, view: View, { signal, onProgress }: Watch): Promise<OverviewResult> {
    const { layers, heads } = pass.engine.config
    const time = pass.ids.length
    if (layers * heads * time ** 2 > MOST_ENTRIES) {
      const most = Math.floor(Math.sqrt(MOST_ENTRIES / (layers * heads)))
      throw usage(
        `The patterns of all ${layers * heads} heads at once are read for at most ${most} tokens, and this text has ${time}; choose a head to see its pattern, or shorten the text.`,
        'ids',
        time,
        most,
      )
    }
    const block = Math.ceil(time / view.side)
    const side = Math.ceil(time / block)
    const size = heads * side ** 2
    const max = new Float32Array(layers * size)
    for (const layer of range(0, layers)) {
      throwIfAborted(signal)
      const from = owner(pass, layer)
      const kept = this.#pictures.get(from) ?? new Kept<Float32Array>(KEPT_BYTES, p => p.byteLength)
      this.#pictures.set(from, kept)
      const key = `${layer}/${block}/${view.leaveFirst}`
      const pictures = await kept.get(key, () => this.#layer(from, layer, { block, side }, view, signal))
      max.set(pictures, layer * size)
      onProgress?.({ what: 'pictures of layers', done: layer + 1, total: layers })
    }
    return { max: f32([layers, heads, side, side], max), block }
  }

  async #layer(
    pass: Pass,
    layer: number,
    { block, side }: { readonly block: number; readonly side: number },
    { leaveFirst }: View,
    signal: AbortSignal | undefined,
  ): Promise<Float32Array> {
    const { heads } = pass.engine.config
    const time = pass.ids.length
    const at = point('pattern', layer)
    const max = new Float32Array(heads * side * side)
    for (let start = 0; start < time; start += BLOCK) {
      throwIfAborted(signal)
      const count = Math.min(BLOCK, time - start)
      const { data } = (await this.rows.read(pass, layer, [start, count], [at], signal)).get(pointKey(at))!
      const keys = start + count
      for (let h = 0; h < heads; h++)
        for (let r = 0; r < count; r++) {
          const query = start + r
          const from = (h * count + r) * keys
          const to = (h * side + Math.floor(query / block)) * side
          for (let c = 0, k = leaveFirst ? 1 : 0; k <= query; c++) {
            const end = Math.min(query + 1, (c + 1) * block)
            let most = max[to + c]!
            for (; k < end; k++) if (data[from + k]! > most) most = data[from + k]!
            max[to + c] = most
          }
        }
      // Newer calls may wait behind this one.
      if (start + count < time) await tick()
    }
    return max
  }
}
