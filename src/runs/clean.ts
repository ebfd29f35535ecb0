import type { Arrays } from '../runtime/backend.ts'
import { f32, type NDArray } from '../words/arrays.ts'
import { HeadwiseError } from '../words/error.ts'
import { type Point, pointKey } from '../words/site.ts'
import { checkTokens, tokenFeeds } from './batch.ts'
import { siteShape } from './edits.ts'
import type { Engine, Recipe } from './engine.ts'
import type { Sizes } from './trace.ts'

type Ids = readonly number[]

/** Rows of one clean pass: enough for matmul to run at its full rate. */
const PASS_ROWS = 2048

/** One clean pass over sequences of equal length. */
export interface CleanPass {
  readonly recipe: Recipe
  readonly sequences: readonly Ids[]
  readonly sizes: Sizes
}

const texts = new WeakMap<Ids, string>()
/** One text for one sequence. */
export function idsKey(ids: Ids): string {
  const known = texts.get(ids) ?? ids.join()
  texts.set(ids, known)
  return known
}

/** Clean values of sequences at points: what is needed is said first, then computed in one pass for each length. */
export class CleanValues {
  readonly #needs = new Map<string, { readonly ids: Ids; readonly points: Map<string, Point> }>()
  readonly #values = new Map<string, NDArray<'f32'>>()
  readonly #means = new Map<string, NDArray<'f32'>>()
  #computed = false

  constructor(readonly engine: Engine) {}

  need(at: Point, ids: Ids): void {
    const key = idsKey(ids)
    const known = this.#needs.get(key) ?? { ids, points: new Map<string, Point>() }
    if (known.points.has(pointKey(at))) return
    this.#computed = false
    known.points.set(pointKey(at), at)
    this.#needs.set(key, known)
  }

  /** The passes that give everything needed. */
  passes(): CleanPass[] {
    const byLength = new Map<number, { ids: Ids; points: Map<string, Point> }[]>()
    for (const need of this.#needs.values()) {
      checkTokens(need.ids, this.engine.config.vocab)
      byLength.set(need.ids.length, [...(byLength.get(need.ids.length) ?? []), need])
    }
    return [...byLength].flatMap(([time, needs]) => {
      const size = Math.max(1, Math.floor(PASS_ROWS / time))
      return Array.from({ length: Math.ceil(needs.length / size) }, (_, i) => {
        const part = needs.slice(i * size, (i + 1) * size)
        const points = new Map(part.flatMap(n => [...n.points]))
        return {
          recipe: { extent: this.engine.extent(time), probes: [], want: [...points.values()] },
          sequences: part.map(n => n.ids),
          sizes: { batch: part.length, time },
        }
      })
    })
  }

  /** Bytes that the values take once computed. */
  bytes(): number {
    let total = 0
    for (const { ids, points } of this.#needs.values())
      for (const at of points.values())
        total += 4 * siteShape(at, this.engine.config, { start: 0, count: ids.length }).reduce((n, d) => n * d, 1)
    return total
  }

  /** Bytes of the values that are there. */
  held(): number {
    let total = 0
    for (const { data } of this.#values.values()) total += data.byteLength
    return total
  }

  /** Computes what is needed, unless it is there. */
  async compute(signal?: AbortSignal): Promise<void> {
    if (this.#computed) return
    for (const { recipe, sequences } of this.passes()) {
      if (this.engine.ledger) this.engine.ledger.held = this.held()
      const out = await this.engine.run(recipe, tokenFeeds(sequences), { signal })
      for (const [s, ids] of sequences.entries()) this.#keep(out, s, ids)
    }
    this.#computed = true
  }

  /** What one sequence of a batch needs; a batch that nobody else shares is not copied. */
  #keep(out: Arrays, s: number, ids: Ids): void {
    const key = idsKey(ids)
    for (const point of this.#needs.get(key)!.points.keys()) {
      const { shape, data } = out[point] as NDArray<'f32'>
      const size = data.length / shape[0]!
      const own = shape[0] === 1 ? data : data.slice(s * size, (s + 1) * size)
      this.#values.set(`${point}|${key}`, f32(shape.slice(1), own))
    }
  }

  /** [position, …] or [head, query, key] of one sequence. */
  get(at: Point, ids: Ids): NDArray<'f32'> {
    return this.#values.get(`${pointKey(at)}|${idsKey(ids)}`)!
  }

  /** Mean over the positions of the sequences, from position `first` on: [1, …]. */
  mean(at: Point, sequences: readonly Ids[], first: number): NDArray<'f32'> {
    const key = `${pointKey(at)}|${first}|${sequences.map(idsKey).join(' ')}`
    const known = this.#means.get(key)
    if (known) return known
    const shape = this.get(at, sequences[0]!).shape.with(0, 1)
    const width = shape.reduce((n, d) => n * d, 1)
    const total = new Float64Array(width)
    let rows = 0
    for (const ids of sequences) {
      const { data } = this.get(at, ids)
      for (let t = first; t < ids.length; t++, rows++) for (let i = 0; i < width; i++) total[i]! += data[t * width + i]!
    }
    if (rows === 0)
      throw new HeadwiseError(`The reference for a mean has no position ${first} or later.`, {
        code: 'edit-value',
        fault: 'usage',
        where: 'reference',
        found: 'too short',
        allowed: 'texts of two tokens or more',
      })
    const mean = f32(
      shape,
      Float32Array.from(total, x => x / rows),
    )
    this.#means.set(key, mean)
    return mean
  }
}
