import { addDims } from '../graph/dim.ts'
import { argmax } from '../graph/primitives/reduce.ts'
import { reshape, slice } from '../graph/primitives/shape.ts'
import { tokenFeeds } from '../runs/batch.ts'
import { lowerEdits, type ReadyEdit } from '../runs/edits.ts'
import type { Engine, Recipe } from '../runs/engine.ts'
import { negativeLogLikelihood } from '../runs/unembed.ts'
import { f32, i32, type NDArray } from '../words/arrays.ts'
import { throwIfAborted, type Watch } from '../words/error.ts'
import { isTail, type Point, point, pointKey, SITES } from '../words/site.ts'
import { tick } from '../words/tick.ts'
import type { Prediction } from './verbs.ts'

/** Up to this many tokens the whole body is one graph and everything that views ask for is kept. */
const SHORT = 256
/** Layers of one segment of a longer text: progress and abort lie between segments. */
const SEGMENT = 2
/** Rows unembedded at once. */
const ROWS = 64

/** The first and only sample of a batch. */
const alone = ({ shape, data }: NDArray): NDArray<'f32'> => f32(shape.slice(1), data as Float32Array)

const residual = (layer: number): Point => point('resid_post', layer - 1)

/** For each row the loss of its target and the most likely token; of the last row all logits. */
const predict: NonNullable<Recipe['finish']> = {
  id: 'predict',
  outputs: logits => {
    const [batch, rows] = logits.shape
    return new Map([
      ...negativeLogLikelihood.outputs(logits),
      ['best', reshape(argmax(logits, -1), [batch!, rows!])],
      ['last', slice(logits, 1, addDims(rows!, -1), rows!)],
    ])
  },
}

/** Values by point key, without the batch axis. */
type Values = ReadonlyMap<string, NDArray<'f32'>>

export interface Predicted {
  readonly prediction: Prediction
  /** After the last token, [vocabulary]. */
  readonly logits: Float32Array
}

/**
 * One forward pass over a sequence, kept so that views of it cost little: the residuals before layers, z, and what it
 * predicts. With a clean pass of the same sequence below it, only the layers from its first edit on are computed.
 */
export class Pass {
  readonly #residuals = new Map<number, Float32Array>()
  readonly #z = new Map<number, NDArray<'f32'>>()
  /** The last residual that was computed again: one block of rows after another begins at the same layer. */
  #again: { readonly layer: number; readonly x: Float32Array } | undefined
  #prediction: Predicted | undefined
  /** The first layer that differs from the pass below; 0 without one. */
  readonly start: number

  private constructor(
    readonly engine: Engine,
    readonly ids: readonly number[],
    readonly edits: readonly ReadyEdit[],
    readonly below: Pass | undefined,
  ) {
    const { layers } = engine.config
    const first = ({ edit: { at } }: ReadyEdit) => (isTail(at) ? layers : SITES[at.site].perLayer ? at.layer : 0)
    this.start = below ? Math.min(layers, ...edits.map(first)) : 0
  }

  /** Computes the body of a pass. Throws `interrupted` between segments. */
  static async make(
    engine: Engine,
    ids: readonly number[],
    edits: readonly ReadyEdit[],
    below: Pass | undefined,
    watch: Watch,
  ): Promise<Pass> {
    const pass = new Pass(engine, ids, edits, below)
    await pass.#body(watch)
    return pass
  }

  /** Whether z and the residuals of every layer are kept. */
  get short(): boolean {
    return this.ids.length <= SHORT
  }

  /** Bytes that this pass keeps alive. */
  get bytes(): number {
    const z = [...this.#z.values()].reduce((n, { data }) => n + data.byteLength, 0)
    return [...this.#residuals.values()].reduce((n, x) => n + x.byteLength, z)
  }

  /** The edits of some sites as probes with what is fed to them, for the rows of a window. */
  lower(wanted: (at: Point) => boolean, start = 0, count = this.ids.length) {
    const edits = this.edits.filter(({ edit }) => wanted(edit.at))
    const { ids } = this
    return lowerEdits([{ ids, edits, last: ids.length }], this.engine.config, { start, count })
  }

  /**
   * What begins a graph at a layer: the rows [start, start + count) of the residual before it. Token ids are not fed, so
   * that the graph is not made for one length: whoever types a prompt goes through one session.
   */
  async begin(layer: number, signal?: AbortSignal, start = 0, count = this.ids.length) {
    const { dim } = this.engine.config
    const at = point('resid_pre', layer)
    const x = (await this.residual(layer, signal)).subarray(start * dim, (start + count) * dim)
    const feeds = {
      offset: i32([1], Int32Array.of(start)),
      [`feed:${pointKey(at)}`]: f32([1, count, dim], x),
    }
    return { probe: { at, do: 'feed' } as const, feeds }
  }

  async #body({ signal, onProgress }: Watch): Promise<void> {
    const { layers } = this.engine.config
    const step = this.short ? layers : SEGMENT
    for (let from = this.start; from < layers; from += step) {
      throwIfAborted(signal)
      const to = Math.min(layers, from + step)
      const kept = this.short ? range(from, to) : []
      const out = await this.segment(
        from,
        to,
        [...kept.map(l => point('z', l)), ...kept.map(l => residual(l + 1))],
        signal,
      )
      this.#residuals.set(to, out.get(pointKey(residual(to)))!.data)
      for (const l of kept) {
        this.#z.set(l, out.get(pointKey(point('z', l)))!)
        this.#residuals.set(l + 1, out.get(pointKey(residual(l + 1)))!.data)
      }
      onProgress?.({ what: 'layers', done: to, total: layers })
      if (to < layers) await tick()
    }
  }

  /** Runs layers [from, to) with the edits in force there; gives the wanted points and the residual at the end. */
  async segment(from: number, to: number, want: readonly Point[], signal: AbortSignal | undefined): Promise<Values> {
    const points = new Map([...want, residual(to)].map(p => [pointKey(p), p]))
    return await this.#layers(from, to, [...points.values()], signal)
  }

  /** Points inside one layer; what comes after them is not computed. */
  async inLayer(layer: number, want: readonly Point[], signal?: AbortSignal): Promise<Values> {
    return await this.#layers(layer, layer + 1, want, signal)
  }

  async #layers(from: number, to: number, want: readonly Point[], signal: AbortSignal | undefined): Promise<Values> {
    const { probes, feeds } = this.lower(
      at => !isTail(at) && SITES[at.site].perLayer && at.layer >= from && at.layer < to,
    )
    const begin = await this.begin(from, signal)
    const out = await this.engine.run(
      { extent: this.engine.extent(this.ids.length), probes: [begin.probe, ...probes], want },
      { ...begin.feeds, ...feeds },
      { signal },
    )
    return new Map(Object.entries(out).map(([key, value]) => [key, alone(value)]))
  }

  /** The residual before a layer, [T, dim], before any edit of its own; before layer L of L layers: the last one. */
  async residual(layer: number, signal?: AbortSignal): Promise<Float32Array> {
    const known = this.#residuals.get(layer)
    if (known) return known
    if (this.below && layer <= this.start && (layer > 0 || !this.#embedEdited))
      return await this.below.residual(layer, signal)
    if (this.#again?.layer === layer) return this.#again.x
    if (layer > 0) {
      const x = (await this.segment(layer - 1, layer, [], signal)).get(pointKey(residual(layer)))!.data
      this.#again = { layer, x }
      return x
    }
    const x = await this.#embed(signal)
    this.#residuals.set(0, x)
    return x
  }

  get #embedEdited(): boolean {
    return this.edits.some(({ edit }) => edit.at.site === 'embed')
  }

  /** The embedded tokens after the edits of the embedding. */
  async #embed(signal: AbortSignal | undefined): Promise<Float32Array> {
    const at = point('embed')
    const { probes, feeds } = this.lower(({ site }) => site === 'embed')
    const recipe: Recipe = { extent: this.engine.extent(1), probes, want: [at] }
    const out = await this.engine.run(recipe, { ...tokenFeeds([this.ids]), ...feeds }, { signal })
    return out[pointKey(at)]!.data as Float32Array
  }

  /** z of a layer after its edits, [T, head, dimension]. */
  async z(layer: number, signal?: AbortSignal): Promise<NDArray<'f32'>> {
    const known = this.#z.get(layer)
    if (known) return known
    if (this.below && layer < this.start) return await this.below.z(layer, signal)
    return (await this.inLayer(layer, [point('z', layer)], signal)).get(pointKey(point('z', layer)))!
  }

  /** What every position predicts, and the logits after the last. */
  async prediction(signal?: AbortSignal): Promise<Predicted> {
    this.#prediction ??= await this.#predict(signal)
    return this.#prediction
  }

  async #predict(signal: AbortSignal | undefined): Promise<Predicted> {
    const { engine, ids } = this
    const { layers, dim, vocab } = engine.config
    const time = ids.length
    const hidden = await this.residual(layers, signal)
    const at = residual(layers)
    const nll = new Float32Array(time)
    const best = new Int32Array(time)
    let logits: Float32Array = new Float32Array(vocab)
    for (let start = 0; start < time; start += ROWS) {
      throwIfAborted(signal)
      const count = Math.min(ROWS, time - start)
      const { probes, feeds } = this.lower(isTail, start, count)
      const targets = Array.from({ length: count }, (_, i) => ids[start + i + 1] ?? 0)
      const out = await engine.run(
        {
          extent: engine.extent(1),
          probes: [{ at, do: 'feed' }, ...probes],
          want: [],
          finish: predict,
          // Rows of any number go through one session.
          residence: engine.residence === 'resident' ? 'batch' : 'once',
        },
        {
          [`feed:${pointKey(at)}`]: f32([1, count, dim], hidden.subarray(start * dim, (start + count) * dim)),
          targets: i32([1, count, 1], Int32Array.from(targets)),
          ...feeds,
        },
        { signal },
      )
      nll.set(out.nll!.data as Float32Array, start)
      best.set(out.best!.data as Int32Array, start)
      logits = out.last!.data as Float32Array
      await tick()
    }
    const logprob = nll.subarray(0, time - 1).map(x => -x)
    const loss = time > 1 ? -logprob.reduce((s, x) => s + x, 0) / (time - 1) : null
    const prediction: Prediction = { logprob: f32([time - 1], logprob), best: i32([time], best), loss }
    return { prediction, logits }
  }
}

export const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)
