import type { Dims } from '../graph/dim.ts'
import { flopsOf, nodesByScope } from '../graph/measure.ts'
import type { Graph, Sym } from '../graph/sym.ts'
import type { DecoderConfig } from '../models/config.ts'
import { decoder } from '../models/decoder.ts'
import type { Model } from '../models/model.ts'
import type { Arrays, Backend, Executable, Feeds, Residence } from '../runtime/backend.ts'
import { bindDims } from '../runtime/feeds.ts'
import type { Weights } from '../runtime/weights.ts'
import { HeadwiseError, throwIfAborted } from '../words/error.ts'
import { type Point, pointKey } from '../words/site.ts'
import type { Probe } from './probe.ts'
import { type Extent, type Sizes, trace } from './trace.ts'

/** What a graph is made from. Equal recipes give the same compiled graph. */
export interface Recipe {
  readonly extent: Extent
  readonly probes: readonly Probe[]
  readonly want: readonly Point[]
  /** Further outputs made from the logits, under a name that says what they are. */
  readonly finish?: { readonly id: string; readonly outputs: (logits: Sym) => ReadonlyMap<string, Sym> }
  readonly residence?: Residence
  /** Sizes written into the graph, which is then compiled for them alone. */
  readonly sizes?: Sizes
}

/** What was really computed, for plans, tests and benchmarks. */
export interface Ledger {
  flops: number
  runs: number
  /** Bytes that whoever runs the graphs keeps between them, and the most bytes alive at once. */
  held: number
  peakBytes: number
  /** Nodes computed for each part of the model (`embed`, `decoder.6`, `unembed`). */
  readonly nodes: Map<string, number>
}

/** Sessions kept open; the least recently used one is closed first. */
const MAX_SESSIONS = 160
/** Query rows in one tile of fused attention: small enough to skip most masked blocks, large enough for matmul. */
const TILE = 128
const MIN_TABLE = 1024

const probeKey = (p: Probe): string =>
  `${p.do} ${pointKey(p.at)}${p.do === 'affine' ? `(${p.over})` : p.do === 'capture' && p.reduce ? `/${p.reduce.id}` : ''}`

/** One text for equal recipes. */
export const recipeKey = (r: Recipe): string =>
  JSON.stringify([r.extent, r.probes.map(probeKey), r.want.map(pointKey), r.finish?.id, r.residence ?? 'once'])

/** One model on one backend, with its compiled graphs. Runs one at a time. */
export class Engine implements AsyncDisposable {
  /** Set it to count what is computed. */
  ledger: Ledger | undefined
  #turn: Promise<void> = Promise.resolve()
  readonly #sessions = new Map<string, { executable: Executable; residence: Residence }>()

  constructor(
    readonly config: DecoderConfig,
    readonly weights: Weights,
    readonly backend: Backend,
    /** How sessions live whose recipe does not say. */
    readonly residence: 'once' | 'resident' = 'once',
    readonly model: Model = decoder(config),
  ) {}

  /**
   * Sizes of a graph for `time` rows, alone or behind a past; fused attention is cut into tiles. `reach` is the largest
   * number of positions that the same graph will see.
   */
  extent(time: number, o: { past?: boolean; read?: boolean; reach?: number } = {}): Extent {
    const { context } = this.config
    const reach = o.reach ?? time
    if (reach > context)
      throw new HeadwiseError(
        `The text has ${reach} tokens, but the model was made for ${context}; shorten the text.`,
        {
          code: 'prompt-too-long',
          fault: 'usage',
          where: 'tokens',
          found: reach,
          allowed: context,
        },
      )
    const tiles = o.past ? 1 : Math.max(1, Math.ceil(time / TILE))
    const positions = Math.min(context, Math.max(MIN_TABLE, 2 ** Math.ceil(Math.log2(reach))))
    return { tile: TILE, tiles, positions, past: o.past ?? false, read: o.read ?? false }
  }

  /** Traces the graph of a recipe without compiling it. */
  trace(r: Recipe, fixed?: Sizes): Graph {
    return trace(this.model, this.config.dim, r.extent, r.probes, r.want, r.finish?.outputs, fixed)
  }

  async #compile(r: Recipe, fixed: Sizes | undefined): Promise<Executable> {
    const key = `${recipeKey(r)}${fixed ? JSON.stringify(fixed) : ''}`
    const known = this.#sessions.get(key)
    if (known) {
      this.#sessions.delete(key)
      this.#sessions.set(key, known)
      return known.executable
    }
    for (const [old, { executable }] of this.#sessions) {
      if (this.#sessions.size < MAX_SESSIONS) break
      this.#sessions.delete(old)
      await executable[Symbol.asyncDispose]()
    }
    const residence = r.residence ?? this.residence
    const executable = await this.backend.compile(this.trace(r, fixed), this.weights, residence)
    this.#sessions.set(key, { executable, residence })
    return executable
  }

  /** Closes the sessions of one kind: those that hold private memory are not kept longer than their work. */
  async close(residence: Residence): Promise<void> {
    await this.#inTurn(async () => {
      for (const [key, session] of this.#sessions) {
        if (session.residence !== residence) continue
        this.#sessions.delete(key)
        await session.executable[Symbol.asyncDispose]()
      }
    })
  }

  /** Compiles (or finds) the graph of the recipe and runs it, after whatever was asked for before. */
  async run(r: Recipe, feeds: Feeds, o: { into?: Feeds; signal?: AbortSignal | undefined } = {}): Promise<Arrays> {
    return await this.#inTurn(async () => {
      throwIfAborted(o.signal)
      const executable = await this.#compile(r, this.#fixed(r, feeds))
      if (this.ledger) this.#count(this.ledger, executable, bindDims(executable.graph, feeds))
      return await executable.run(feeds, o)
    })
  }

  /**
   * The sizes that are written into the graph: a session with named sizes takes six to ten times as long to open. One
   * that is kept for texts of any length keeps the names.
   */
  #fixed({ residence = this.residence, extent, sizes }: Recipe, { input }: Feeds): Sizes | undefined {
    if (sizes) return sizes
    if (!input || (residence === 'resident' && !extent.past)) return undefined
    const [batch = 1, time = 1] = input.shape
    return { batch, time }
  }

  /** Sessions are opened, used and closed by one caller at a time. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#turn
    let end = () => {}
    this.#turn = new Promise<void>(resolve => {
      end = resolve
    })
    await before
    try {
      return await work()
    } finally {
      end()
    }
  }

  #count(ledger: Ledger, { graph, peakBytes }: Executable, dims: Dims): void {
    ledger.runs++
    ledger.peakBytes = Math.max(ledger.peakBytes, ledger.held + peakBytes(dims))
    ledger.flops += flopsOf(graph, dims)
    for (const [scope, n] of nodesByScope(graph)) ledger.nodes.set(scope, (ledger.nodes.get(scope) ?? 0) + n)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const residence of ['once', 'batch', 'resident'] as const) await this.close(residence)
  }
}

export const newLedger = (): Ledger => ({ flops: 0, runs: 0, held: 0, peakBytes: 0, nodes: new Map() })
