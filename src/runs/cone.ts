import { dim } from '../graph/dim.ts'
import { input } from '../graph/primitives/leaf.ts'
import { type Sym, topological } from '../graph/sym.ts'
import type { DecoderConfig } from '../models/config.ts'
import type { Model } from '../models/model.ts'
import type { Edit } from '../words/edit.ts'
import { type Point, point, pointKey, SITES } from '../words/site.ts'
import { positionTest } from './edits.ts'

/** One layer of a model as it stands in its own code: what was tapped, and what it hands on. */
interface Layer {
  readonly out: Sym
  readonly enters: Sym
  /** Values before any edit, by point. */
  readonly raw: ReadonlyMap<string, { readonly at: Point; readonly value: Sym }>
  /** What stands in for the value of an edited point, by point. */
  readonly edited: ReadonlyMap<string, Sym>
}

function layerOf(model: Model, { dim: width, context }: Width, layer: number, edited: readonly Point[]): Layer {
  const [batch, time] = [dim('batch'), dim('time')] as const
  const raw = new Map<string, { at: Point; value: Sym }>()
  const standIns = new Map<string, Sym>()
  const changed = new Set(edited.map(pointKey))
  const end = pointKey(point('resid_post', layer))
  let out: Sym | undefined
  const apply = (at: Point, value: Sym): Sym => {
    const key = pointKey(at)
    raw.set(key, { at, value })
    const result = changed.has(key) ? input(`edited:${key}`, value.dtype, value.shape) : value
    if (result !== value) standIns.set(key, result)
    if (key === end) out = result
    return result
  }
  const enters = input('enters', 'f32', [batch, time, width])
  model(
    {
      input: input('input', 'i32', [batch, time]),
      at: input('at', 'i32', [batch, time]),
      tiling: { tile: 1, tiles: 1 },
      positions: Math.min(context, 1024),
      segment: { from: layer, to: layer + 1, enters },
    },
    Object.assign(apply, { touches: (at: Point) => changed.has(pointKey(at)) }),
  )
  return { out: out!, enters: raw.get(pointKey(point('resid_pre', layer)))!.value, raw, edited: standIns }
}

type Width = Pick<DecoderConfig, 'dim' | 'context'>

/** The nodes among those that `roots` need which depend on one of `on`. */
function dependents(roots: readonly Sym[], on: ReadonlySet<Sym>): Set<Sym> {
  const found = new Set<Sym>(on)
  for (const node of topological(roots)) if (node.inputs.some(x => found.has(x))) found.add(node)
  return found
}

/** Scores and patterns are made again from q and k rather than kept: they are the largest values of a layer. */
const keepable = ({ site }: Point): boolean => !(SITES[site].axes as readonly string[]).includes('query')

/**
 * The points of a layer whose clean values are enough to compute everything that edits at `edited` can change: found on
 * the graph, by marking what depends on the edits and cutting at the last unmarked points before it. A run that the
 * layers before have changed already is the case `edited = [resid_pre]`.
 */
export function boundary(model: Model, width: Width, layer: number, edited: readonly Point[]): Point[] {
  const here = layerOf(model, width, layer, edited)
  const roots = [here.out, ...[...here.raw.values()].map(r => r.value)]
  const changed = dependents(roots, new Set(here.edited.values()))
  const active = dependents(roots, new Set([here.enters]))
  const rawOf = new Map<Sym, Point>()
  for (const { at, value } of here.raw.values()) if (keepable(at)) rawOf.set(value, at)
  const editedAt = new Map([...here.edited].map(([key, s]) => [s, here.raw.get(key)!]))

  const fed = new Map<string, Point>()
  const seen = new Set<Sym>()
  const visit = (node: Sym): void => {
    if (seen.has(node)) return
    seen.add(node)
    const edit = editedAt.get(node)
    if (edit) {
      if (!changed.has(edit.value) && keepable(edit.at)) fed.set(pointKey(edit.at), edit.at)
      else visit(edit.value)
      return
    }
    if (!changed.has(node)) {
      if (!active.has(node)) return
      const at = rawOf.get(node)
      if (at) {
        fed.set(pointKey(at), at)
        return
      }
    }
    for (const x of node.inputs) visit(x)
  }
  visit(here.out)
  return [...fed.values()]
}

/**
 * The first operation outside attention that mixes rows or samples, or undefined: where there is one, a change of one
 * row reaches rows before it, or batch mates, and only whole runs, one at a time, are right.
 */
export function mixesRows(model: Model, config: Width & { readonly layers: number }): string | undefined {
  for (let layer = 0; layer < config.layers; layer++) {
    const { out, enters } = layerOf(model, config, layer, [])
    /** Which axis of a node is the batch and which the rows. */
    const axes = new Map<Sym, { readonly batch: number; readonly rows: number }>([[enters, { batch: 0, rows: 1 }]])
    for (const node of topological([out])) {
      const flow = node.operation.flow(node.inputs, node)
      for (const [i, x] of node.inputs.entries()) {
        const from = axes.get(x)
        if (!from) continue
        const [batch, rows] = [flow[i]?.[from.batch], flow[i]?.[from.rows]]
        const attends = node.operation.name === 'attention' && typeof batch === 'number'
        if (typeof batch !== 'number' || (typeof rows !== 'number' && !attends))
          return `${node.operation.name} in ${node.scope || `layer ${layer}`}`
        axes.set(node, { batch, rows: typeof rows === 'number' ? rows : 1 })
      }
    }
  }
  return undefined
}

/** The first row that an edit can change in a text, or undefined when it changes none: `ids.length` rows are looked at. */
export function firstRow(edit: Edit, ids: readonly number[], alike: number): number | undefined {
  const sample = { ids, last: ids.length }
  const rows = positionTest(edit.positions, sample, 'positions')
  const edge = edit.do === 'knockout' || edit.do === 'bias' ? edit : undefined
  const queries = positionTest(edge?.queries, sample, 'queries')
  const keys = positionTest(edge?.keys, sample, 'keys')
  // A query sees no key behind itself.
  let key = 0
  while (key < ids.length && !keys(key)) key++
  for (let p = Math.max(key, alike); p < ids.length; p++) if (rows(p) && queries(p)) return p
  return undefined
}

/** How many tokens two texts begin with in common: causal values are equal there. */
export function alike(a: readonly number[], b: readonly number[]): number {
  let n = 0
  while (n < a.length && n < b.length && a[n] === b[n]) n++
  return n
}
