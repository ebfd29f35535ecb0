import { ProfileReader } from '../heads/profile.ts'
import { type EntrySite, NO_ENTRY, STANDING } from '../results/pattern-grid.ts'
import { f32 } from '../words/arrays.ts'
import { throwIfAborted, type Watch } from '../words/error.ts'
import { point, pointKey } from '../words/site.ts'
import { tick } from '../words/tick.ts'
import { Kept } from './kept.ts'
import { type Pass, range } from './pass.ts'
import { owner, type Rows } from './rows.ts'
import {
  type AttentionResult,
  type Checked,
  MAX_CELLS,
  type PatternsResult,
  type ProfileResult,
  TILE,
  type TileResult,
} from './verbs.ts'
import { checkHeads, checkPosition, usage } from './view.ts'

/** Query rows that are computed at once; a shorter text is one block. */
export const BLOCK = 256
/** Bytes of rows and of reduced matrices that are kept for each pass. */
const KEPT_BYTES = 96 * 2 ** 20
/** Coarser levels come from a reduced matrix of all heads at this level, finer ones from the rows themselves. */
const BASE_LEVEL = 3

/** Of the finite entries of cells their sum and number, and the entry that stands for them, [head, side, side]. */
interface Reduced {
  readonly side: number
  readonly sum: Float32Array
  readonly count: Uint8Array
  readonly max: Float32Array
}

/** Query rows of one layer, [head, rows, width]: the keys up to the last of the rows; beyond stands nothing. */
interface Block {
  readonly data: Float32Array
  readonly width: number
}

/** What is kept of one pass. */
class Parts {
  readonly blocks = new Kept<Block>(KEPT_BYTES, b => b.data.byteLength)
  readonly reduced = new Kept<Reduced>(KEPT_BYTES, r => 2 * r.sum.byteLength + r.count.byteLength)
}

/** Patterns or scores of one layer at a time, computed in blocks of query rows and kept as long as their pass. */
export class Patterns {
  readonly #parts = new WeakMap<Pass, Parts>()

  constructor(readonly rows: Rows) {}

  #of(pass: Pass): Parts {
    const parts = this.#parts.get(pass) ?? new Parts()
    this.#parts.set(pass, parts)
    return parts
  }

  /** Whole patterns, or scores, of some heads, [heads, T, T]. */
  async whole(
    pass: Pass,
    { heads, site }: Pick<Checked<'patterns'>, 'heads' | 'site'>,
    watch: Watch,
  ): Promise<PatternsResult> {
    const time = pass.ids.length
    checkHeads(pass, heads)
    if (heads.length * time * time > MAX_CELLS)
      throw usage(
        `${heads.length} patterns of ${time} tokens are ${heads.length * time * time} cells; ask for tiles, or for at most ${MAX_CELLS} cells.`,
        'heads',
        heads.length * time * time,
        MAX_CELLS,
      )
    const data = new Float32Array(heads.length * time * time).fill(NO_ENTRY[site])
    for (const [i, { layer, head }] of heads.entries())
      for (const b of blocksOf(time)) {
        const { data: rows, width } = await this.#block(pass, site, layer, b, watch.signal)
        const count = rowsIn(b, time)
        for (let r = 0; r < count; r++) {
          const from = (head * count + r) * width
          data.set(rows.subarray(from, from + width), (i * time + b * BLOCK + r) * time)
        }
      }
    return { pattern: f32([heads.length, time, time], data) }
  }

  /** From a set of queries to every key (mean), or from every query to a set of keys (sum), [heads, T]. */
  async attention(
    pass: Pass,
    { heads, of }: Pick<Checked<'attention'>, 'heads' | 'of'>,
    watch: Watch,
  ): Promise<AttentionResult> {
    const time = pass.ids.length
    checkHeads(pass, heads)
    const set = [...new Set('queries' in of ? of.queries : of.keys)]
    for (const p of set) checkPosition(pass, p, `of.${'queries' in of ? 'queries' : 'keys'}`)
    const data = new Float32Array(heads.length * time)
    for (const [i, { layer, head }] of heads.entries())
      for (const b of blocksOf(time)) {
        const here =
          'queries' in of
            ? set.filter(q => Math.floor(q / BLOCK) === b)
            : range(0, rowsIn(b, time)).map(r => b * BLOCK + r)
        if (here.length === 0) continue
        const { data: rows, width } = await this.#block(pass, 'pattern', layer, b, watch.signal)
        for (const query of here) {
          const start = (head * rowsIn(b, time) + query - b * BLOCK) * width
          if ('queries' in of) for (let k = 0; k <= query; k++) data[i * time + k]! += rows[start + k]! / set.length
          else for (const key of set) if (key <= query) data[i * time + query]! += rows[start + key]!
        }
      }
    return { weight: f32([heads.length, time], data) }
  }

  /** What one head's pattern comes to; it may end between blocks of rows. */
  async profile(
    pass: Pass,
    { layer, head, top }: Pick<Checked<'profile'>, 'layer' | 'head' | 'top'>,
    watch: Watch,
  ): Promise<ProfileResult> {
    const time = pass.ids.length
    checkHeads(pass, [{ layer, head }], '')
    const reader = new ProfileReader(time)
    for (const b of blocksOf(time)) {
      const { data, width } = await this.#block(pass, 'pattern', layer, b, watch.signal)
      const count = rowsIn(b, time)
      for (let r = 0; r < count; r++) reader.add(b * BLOCK + r, data, (head * count + r) * width)
      watch.onProgress?.({ what: 'rows of the pattern', done: b * BLOCK + count, total: time })
      await tick()
    }
    return reader.profile(top)
  }

  /** One tile of a head's pattern or scores at a level of detail. */
  async tile(
    pass: Pass,
    { layer, head, site, level, row, column }: Omit<Checked<'tile'>, 'ids' | 'edits'>,
    watch: Watch,
  ): Promise<TileResult> {
    const time = pass.ids.length
    checkHeads(pass, [{ layer, head }], '')
    const side = Math.ceil(time / 2 ** level)
    const tiles = Math.ceil(side / TILE)
    for (const [name, value] of Object.entries({ row, column }))
      if (value >= tiles)
        throw usage(
          `${name} is ${value}; at level ${level} the pattern of ${time} tokens has the tiles 0 to ${tiles - 1}.`,
          name,
          value,
          tiles - 1,
        )
    const [top, left] = [row * TILE, column * TILE]
    const [h, w] = [Math.min(TILE, side - top), Math.min(TILE, side - left)]
    const sum = new Float64Array(h * w)
    const count = new Uint32Array(h * w)
    const max = new Float32Array(h * w).fill(NO_ENTRY[site])
    const standing = STANDING[site]
    const fine = level < BASE_LEVEL
    const shift = fine ? level : level - BASE_LEVEL
    const reduced = fine ? undefined : await this.#reduce(pass, site, layer, watch)
    const source = reduced?.side ?? time
    const [x0, x1] = [left << shift, Math.min(source, (left + w) << shift)]
    for (let y = top << shift; y < Math.min(source, (top + h) << shift); y++) {
      const b = Math.floor(y / BLOCK)
      const block = reduced ? undefined : await this.#block(pass, site, layer, b, watch.signal)
      const rows = reduced?.sum ?? block!.data
      const largest = reduced?.max ?? rows
      const start = block ? (head * rowsIn(b, time) + y - b * BLOCK) * block.width : (head * source + y) * source
      const to = ((y >> shift) - top) * w - left
      const end = Math.min(x1, block?.width ?? source)
      for (let x = x0; x < end; x++) {
        const cell = to + (x >> shift)
        const value = rows[start + x]!
        if (Number.isFinite(value)) {
          sum[cell]! += value
          count[cell]! += reduced ? reduced.count[start + x]! : 1
        }
        if (standing(largest[start + x]!) > standing(max[cell]!)) max[cell] = largest[start + x]!
      }
    }
    const extent = (i: number) => Math.min(time, (i + 1) * 2 ** level) - i * 2 ** level
    const entries = (i: number) => extent(top + Math.floor(i / w)) * extent(left + (i % w))
    const mean = Float32Array.from(sum, (s, i) => s / (site === 'pattern' ? entries(i) : count[i]!))
    return { mean: f32([h, w], mean), max: f32([h, w], max) }
  }

  /** Every head of a layer at the base level. */
  async #reduce(pass: Pass, site: EntrySite, layer: number, watch: Watch): Promise<Reduced> {
    const from = owner(pass, layer)
    return await this.#of(from).reduced.get(`${site}/${layer}`, async () => {
      const time = from.ids.length
      const { heads } = from.engine.config
      const side = Math.ceil(time / 2 ** BASE_LEVEL)
      const sum = new Float32Array(heads * side * side)
      const count = new Uint8Array(heads * side * side)
      const max = new Float32Array(heads * side * side).fill(NO_ENTRY[site])
      const standing = STANDING[site]
      const blocks = blocksOf(time)
      for (const b of blocks) {
        const { data: rows, width } = await this.#block(from, site, layer, b, watch.signal)
        const inBlock = rowsIn(b, time)
        for (let h = 0; h < heads; h++)
          for (let r = 0; r < inBlock; r++) {
            const query = b * BLOCK + r
            const start = (h * inBlock + r) * width
            const to = (h * side + (query >> BASE_LEVEL)) * side
            for (let k = 0; k <= query; k++) {
              const value = rows[start + k]!
              const cell = to + (k >> BASE_LEVEL)
              if (Number.isFinite(value)) {
                sum[cell]! += value
                count[cell]!++
              }
              if (standing(value) > standing(max[cell]!)) max[cell] = value
            }
          }
        watch.onProgress?.({
          what: site === 'pattern' ? 'rows of the pattern' : 'rows of scores',
          done: Math.min(time, (b + 1) * BLOCK),
          total: time,
        })
        await tick()
      }
      return { side, sum, count, max }
    })
  }

  /** Query rows of one block of a layer, all heads. */
  async #block(pass: Pass, site: EntrySite, layer: number, b: number, signal: AbortSignal | undefined): Promise<Block> {
    throwIfAborted(signal)
    const from = owner(pass, layer)
    return await this.#of(from).blocks.get(`${site}/${layer}/${b}`, () => this.#compute(from, site, layer, b, signal))
  }

  async #compute(
    pass: Pass,
    site: EntrySite,
    layer: number,
    b: number,
    signal: AbortSignal | undefined,
  ): Promise<Block> {
    const start = b * BLOCK
    const count = rowsIn(b, pass.ids.length)
    const width = start + count
    const want = [point(site, layer)]
    const out = await this.rows.read(pass, layer, [start, count], want, signal)
    const { data } = out.get(pointKey(want[0]!))!
    // What a key after its query would score is no part of the model.
    if (site === 'scores')
      for (let r = 0; r * width < data.length; r++)
        data.fill(NO_ENTRY.scores, r * width + start + (r % count) + 1, (r + 1) * width)
    return { data, width }
  }
}

const rowsIn = (block: number, time: number): number => Math.min(BLOCK, time - block * BLOCK)
const blocksOf = (time: number): number[] => range(0, Math.ceil(time / BLOCK))
