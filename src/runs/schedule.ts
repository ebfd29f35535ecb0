import { flopsOf, peakBytesOf } from '../graph/measure.ts'
import type { Graph } from '../graph/sym.ts'
import { point, pointKey } from '../words/site.ts'
import { mixesRows } from './cone.ts'
import { type Engine, type Recipe, recipeKey } from './engine.ts'
import { Entries, type Entry, type Lane } from './lanes.ts'
import type { Probe } from './probe.ts'
import type { Sizes } from './trace.ts'

/** One batch of lanes through one layer. */
export interface Step {
  readonly layer: number
  readonly entry: Entry
  readonly lanes: readonly Lane[]
  /** The first row that each lane computes here, and the first that goes on. */
  readonly from: readonly number[]
  readonly to: readonly number[]
  readonly recipe: Recipe
  /** The graph with its sizes by name. */
  readonly graph: Graph
  readonly sizes: Sizes
}

/** Rows of a batch: enough for matmul to run at its full rate, few enough for the activations to stay in the cache. */
export const BATCH_ROWS = 2048

/** The samples of a step whose clean keys and values some lane sees, in their order there. */
export const behindOf = ({ lanes, from }: Pick<Step, 'lanes' | 'from'>): ReadonlyMap<number, readonly number[]> =>
  new Map(lanes.filter((_, i) => from[i]! > 0).map(l => [l.sample, l.ids]))

const sum = (xs: readonly number[]): number => xs.reduce((n, x) => n + x, 0)

/** Floating-point operations, and the bytes of values alive at once. */
export interface Cost {
  readonly flops: number
  readonly bytes: number
}

/** One text for recipes of one graph, however its session lives. */
const kindOf = (recipe: Recipe): string => recipeKey({ ...recipe, residence: 'once' })

/** Costs of steps that are remembered: a live edit asks for the same ones again and again. */
const MAX_COSTS = 10_000

/** What plans of one engine have in common: graphs are traced, and their costs counted, once for each kind. */
export class Scheduler {
  readonly entries: Entries
  readonly #graphs = new Map<string, Graph>()
  readonly #costs = new Map<string, Cost>()
  #mixing: { readonly found: string | undefined } | undefined

  constructor(readonly engine: Engine) {
    this.entries = new Entries(engine)
  }

  /** Why runs have to be computed whole and alone, where they have. */
  get mixing(): string | undefined {
    this.#mixing ??= { found: mixesRows(this.engine.model, this.engine.config) }
    return this.#mixing.found
  }

  #graph(recipe: Recipe): Graph {
    const key = kindOf(recipe)
    const known = this.#graphs.get(key) ?? this.engine.trace(recipe)
    this.#graphs.set(key, known)
    return known
  }

  cost(recipe: Recipe, sizes: Sizes): Cost {
    const key = `${kindOf(recipe)} ${JSON.stringify(sizes)}`
    const known = this.#costs.get(key)
    if (known) return known
    const graph = this.#graph(recipe)
    const cost = { flops: flopsOf(graph, sizes), bytes: peakBytesOf(graph, sizes) }
    if (this.#costs.size >= MAX_COSTS) this.#costs.clear()
    this.#costs.set(key, cost)
    return cost
  }

  #recipe(layer: number, { fed, probes }: Entry, queries: number, reach: number, slab = false, narrow = false): Recipe {
    const extent = { ...this.engine.extent(queries, { reach }), lanes: { layer, slab, narrow } }
    const feeds = fed.map((at): Probe => ({ at, do: 'feed' }))
    return { extent, probes: [...feeds, ...probes], want: [point('resid_post', layer)] }
  }

  /** The batches, of at most `rows` rows, in which the lanes that have started go through a layer. */
  steps(layer: number, lanes: readonly Lane[], rows: number): Step[] {
    const groups = new Map<string, { readonly entry: Entry; readonly lanes: Lane[] }>()
    for (const lane of lanes) {
      if (lane.start > layer) continue
      const entry = this.entries.of(lane, layer)
      const probes = entry.probes.map(p => `${pointKey(p.at)}(${p.over})`)
      const key = `${lane.ids.length} ${entry.fed.map(pointKey)} ${probes}`
      const group = groups.get(key) ?? { entry, lanes: [] }
      group.lanes.push(lane)
      groups.set(key, group)
    }
    const steps = [...groups.values()].flatMap(g =>
      this.#batches(g.lanes, rows).map(batch => this.#step(layer, g.entry, batch)),
    )
    // Packing the weights pays where several batches go through the same session.
    const uses = new Map<string, number>()
    const key = (s: Step) => recipeKey(s.recipe) + JSON.stringify(s.sizes)
    for (const s of steps) uses.set(key(s), (uses.get(key(s)) ?? 0) + 1)
    return steps.map(s => ({
      ...s,
      recipe: { ...s.recipe, sizes: s.sizes, residence: uses.get(key(s))! > 1 ? 'batch' : 'once' },
    }))
  }

  /** Lanes that begin at neighbouring rows go together, as many as the rows of a batch hold. */
  #batches(lanes: readonly Lane[], most: number): Lane[][] {
    const batches: Lane[][] = []
    let rows = 0
    for (const lane of [...lanes].sort((a, b) => a.first - b.first || a.sample - b.sample || a.run - b.run)) {
      const own = lane.ids.length - lane.first
      if (batches.length === 0 || rows + own > most) {
        batches.push([])
        rows = 0
      }
      batches.at(-1)!.push(lane)
      rows += own
    }
    return batches
  }

  #step(layer: number, entry: Entry, lanes: readonly Lane[]): Step {
    const last = layer === this.engine.config.layers - 1
    const time = lanes[0]!.ids.length
    const to = lanes.map(l => (last ? l.kept : l.first))
    // Without attention in the graph only the rows that go on are needed at all.
    const attends = this.#graph(this.#recipe(layer, entry, 1, time)).inputs.has('keys')
    const from = attends ? lanes.map(l => l.first) : to
    const narrow = to.some((t, i) => t > from[i]!)
    const behind = behindOf({ lanes, from })
    const slab = attends && behind.size > 0
    const queries = time - Math.min(...to)
    const recipe = this.#recipe(layer, entry, queries, time, slab, narrow)
    const sizes = {
      rows: sum(from.map(f => time - f)),
      ...(attends ? { lanes: lanes.length, queries, keys: time } : {}),
      ...(slab ? { slab: behind.size * time } : {}),
      ...(narrow ? { kept: sum(to.map(t => time - t)) } : {}),
    }
    return { layer, entry, lanes, from, to, recipe, graph: this.#graph(recipe), sizes }
  }
}

const schedulers = new WeakMap<Engine, Scheduler>()
export function schedulerOf(engine: Engine): Scheduler {
  const known = schedulers.get(engine) ?? new Scheduler(engine)
  schedulers.set(engine, known)
  return known
}
