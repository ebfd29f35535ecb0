import type { Arrays } from '../runtime/backend.ts'
import { f32, type NDArray } from '../words/arrays.ts'
import { type OnProgress, throwIfAborted } from '../words/error.ts'
import { isTail, type Point, point, pointKey } from '../words/site.ts'
import { tick } from '../words/tick.ts'
import { sampleOf, tokenFeeds } from './batch.ts'
import { siteShape } from './edits.ts'
import type { Engine, Recipe } from './engine.ts'
import type { Probe } from './probe.ts'
import { type Tile, tilesOf, untile } from './tiles.ts'

/** Receives captured values of one sequence, layer after layer; the array may be reused after the promise settles. */
export type Sink = (at: Point, value: NDArray<'f32'>) => Promise<void>

/** What one pass over a sequence needs, made ready. */
export interface Pass {
  readonly ids: readonly number[]
  readonly probes: readonly Probe[]
  readonly feeds: Readonly<Record<string, NDArray>>
  readonly capture: readonly Point[]
  readonly keep: (key: string, value: NDArray<'f32'>) => void
}

interface LayeredOptions {
  /** Whether the captures of two layers may exist at once, so that one is computed while the other is handed on. */
  readonly ahead: boolean
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: OnProgress | undefined
}

/** Hands captures to the sink, and reductions (whose keys hold a slash) to the caller. */
export async function hand(capture: readonly Point[], out: Arrays, pass: Pass, sink: Sink): Promise<void> {
  for (const p of capture) await sink(p, sampleOf(out[pointKey(p)]!))
  for (const [key, value] of Object.entries(out)) if (key.includes('/')) pass.keep(key, sampleOf(value))
}

/** The whole body as one graph: everything up to the last residual, [1, time, dim]. */
export async function wholeBody(
  engine: Engine,
  pass: Pass,
  sink: Sink,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const end = point('resid_post', engine.config.layers - 1)
  const recipe: Recipe = { extent: engine.extent(pass.ids.length), probes: pass.probes, want: [...pass.capture, end] }
  const out = await engine.run(recipe, { ...tokenFeeds([pass.ids]), ...pass.feeds }, { signal })
  await hand(pass.capture, out, pass, sink)
  return out[pointKey(end)]!.data as Float32Array
}

/** Arrays by name that are made once and used again: fresh pages of hundreds of megabytes cost more than the sums. */
class Rooms {
  readonly #rooms = new Map<string, NDArray<'f32'>>()
  of(name: string, shape: readonly number[]): NDArray<'f32'> {
    const known = this.#rooms.get(name) ?? f32(shape, new Float32Array(shape.reduce((n, d) => n * d, 1)))
    this.#rooms.set(name, known)
    return known
  }
}

/** One layer of a layered pass. */
interface Stage {
  readonly probes: readonly Probe[]
  readonly capture: readonly Point[]
  readonly end: Point
  /** Its place among the stages. */
  readonly index: number
}

/** The pass in segments of one layer; the captures of the layer before are handed on meanwhile, where memory allows. */
class Layered {
  readonly #rooms = new Rooms()
  #handed: Promise<void> = Promise.resolve()

  constructor(
    readonly engine: Engine,
    readonly pass: Pass,
    readonly sink: Sink,
    readonly o: LayeredOptions,
  ) {}

  /** Patterns that nobody edits or reduces leave in tiles, of which no masked block is computed. */
  #tiled({ probes, capture }: Stage): readonly Tile[] {
    const [pattern] = capture.filter(p => p.site === 'pattern')
    const inside = (p: Point) => p.site === 'scores' || p.site === 'pattern'
    if (!pattern || probes.some(p => inside(p.at)) || capture.some(p => p.site === 'scores')) return []
    return tilesOf(pattern, this.engine.config.heads, this.engine.extent(this.pass.ids.length), this.pass.ids.length)
  }

  /** Where the results of a stage go: not where those lie that are being handed on. */
  #into({ capture, end, index }: Stage, tiles: readonly Tile[]): Record<string, NDArray<'f32'>> {
    const shape = (p: Point) => siteShape(p, this.engine.config, { start: 0, count: this.pass.ids.length })
    const whole = [...capture.filter(p => tiles.length === 0 || p.site !== 'pattern'), end]
    return Object.fromEntries([
      ...whole.map(p => [
        pointKey(p),
        this.#rooms.of(`${p.site} ${(this.o.ahead || p === end) && index % 2}`, shape(p)),
      ]),
      ...tiles.map(t => [t.key, this.#rooms.of(`tile ${t.start}`, t.shape)]),
    ])
  }

  async run(stage: Stage, from?: Float32Array): Promise<Float32Array> {
    throwIfAborted(this.o.signal)
    if (!this.o.ahead) await this.#handed
    const { ids, feeds } = this.pass
    const { capture, end, probes } = stage
    const { engine } = this
    const tiles = this.#tiled(stage)
    const start: Probe[] = from ? [{ at: point('resid_pre', end.layer), do: 'feed' }] : []
    const reduced = probes.some(p => p.do === 'capture')
    const out: Arrays = await engine.run(
      {
        extent: { ...engine.extent(ids.length), ...(tiles.length > 0 ? { patternTiles: true } : {}) },
        probes: [...start, ...probes],
        want: [...capture, end],
        residence: 'once',
      },
      {
        ...tokenFeeds([ids]),
        ...feeds,
        ...(from ? { [`feed:resid_pre@${end.layer}`]: f32([1, ids.length, engine.config.dim], from) } : {}),
      },
      reduced ? {} : { into: this.#into(stage, tiles) },
    )
    await this.#handed
    const captured = tiles.length > 0 ? this.#withWhole(tiles, out) : out
    this.#handed = hand(capture, captured, this.pass, this.sink)
    // Told of where it is awaited.
    this.#handed.catch(() => undefined)
    return out[pointKey(end)]!.data as Float32Array
  }

  /** The whole pattern instead of its tiles; its memory is that of the layer before, which has been handed on by now. */
  #withWhole(tiles: readonly Tile[], out: Arrays): Arrays {
    const { heads } = this.engine.config
    const time = this.pass.ids.length
    const room = this.#rooms.of('pattern', [1, heads, time, time])
    untile(tiles, out, room)
    const others = Object.entries(out).filter(([key]) => !tiles.some(t => t.key === key))
    return { ...Object.fromEntries(others), [pointKey(tiles[0]!.at)]: room }
  }

  async finished(): Promise<void> {
    await this.#handed
  }
}

/** The same in segments of one layer: the captures of one layer, or of two, exist at a time. */
export async function layeredBody(engine: Engine, pass: Pass, sink: Sink, o: LayeredOptions): Promise<Float32Array> {
  const { layers } = engine.config
  const layered = new Layered(engine, pass, sink, o)
  const stage = (end: Point, index: number, here: (at: Point) => boolean): Stage => ({
    probes: pass.probes.filter(p => here(p.at)),
    capture: pass.capture.filter(here),
    end,
    index,
  })
  let x = await layered.run(stage(point('embed'), 0, p => p.site === 'embed'))
  for (let layer = 0; layer < layers; layer++) {
    const here = (p: Point) => !isTail(p) && p.site !== 'embed' && p.layer === layer
    x = await layered.run(stage(point('resid_post', layer), layer + 1, here), x)
    o.onProgress?.({ what: 'layers', done: layer + 1, total: layers })
    await tick()
  }
  await layered.finished()
  return x
}
