import { type Dim, dim, mulDims } from '../graph/dim.ts'
import { graphOf } from '../graph/graph.ts'
import { add, mul, where } from '../graph/primitives/elementwise.ts'
import { gather, iota } from '../graph/primitives/index-by.ts'
import { input } from '../graph/primitives/leaf.ts'
import { concat, reshape } from '../graph/primitives/shape.ts'
import { simplify } from '../graph/simplify.ts'
import type { Graph, Sym } from '../graph/sym.ts'
import type { Meeting, Model, ModelInput } from '../models/model.ts'
import type { Tap } from '../models/tap.ts'
import { type Axis, type Point, pointKey, SITES } from '../words/site.ts'
import type { Probe } from './probe.ts'

/** The sizes that a graph is traced for; everything else about a run is fed. */
export interface Extent {
  /** Query rows in one tile of fused attention, and how many tiles; a plain row count is one tile. */
  readonly tile: number
  readonly tiles: number
  /** Rows of the position tables. */
  readonly positions: number
  /** Whether keys and values of earlier positions are fed. */
  readonly past: boolean
  /** Whether only some rows are read at the end. */
  readonly read: boolean
  /** Whether only some columns of the vocabulary are read. */
  readonly columns?: boolean
  /** Whether patterns, which are only read then, leave in tiles of query rows, under the key of `tileKey`. */
  readonly patternTiles?: boolean
  /** One layer over rows of many runs; see `laneInput`. */
  readonly lanes?: LaneExtent
}

/** One layer over the rows of many runs, which lie one after another; attention brings the rows of each run together. */
export interface LaneExtent {
  readonly layer: number
  /** Whether keys and values of earlier rows are fed. */
  readonly slab: boolean
  /** Whether only some rows go on behind the keys and values. */
  readonly narrow: boolean
}

/** Named sizes that a graph is made for. */
export type Sizes = Readonly<Record<string, number>>

const shapeAlong = (at: Point, value: Sym, over: readonly Axis[]): Dim[] =>
  SITES[at.site].axes.map((axis, i) => (over.includes(axis) ? value.shape[i]! : 1))

/** The output that holds a pattern's query rows from `start` on. */
export const tileKey = (at: Point, start: number): string => `${pointKey(at)}/rows ${start}`

/** The tap that carries the probes out, and what it captured. */
function tapOf(
  probes: readonly Probe[],
  want: readonly Point[],
  patternTiles = false,
): { tap: Tap; captured: Map<string, Sym> } {
  const byPoint = new Map<string, Probe[]>()
  for (const p of [...probes, ...want.map((at): Probe => ({ at, do: 'capture' }))]) {
    const key = pointKey(p.at)
    byPoint.set(key, [...(byPoint.get(key) ?? []), p])
  }
  const captured = new Map<string, Sym>()
  const apply = (at: Point, value: Sym): Sym => {
    const key = pointKey(at)
    const here = byPoint.get(key)
    if (!here) return value
    let x = here.some(p => p.do === 'feed') ? input(`feed:${key}`, value.dtype, value.shape) : value
    for (const p of here) {
      if (p.do !== 'affine') continue
      const shape = shapeAlong(at, value, p.over)
      const part = (name: string, dtype: 'f32' | 'bool') => input(`edit:${key}.${name}`, dtype, shape)
      x = where(part('m', 'bool'), add(mul(part('a', 'f32'), x), part('b', 'f32')), x)
    }
    for (const p of here) {
      if (p.do !== 'capture') continue
      if (!p.reduce) captured.set(key, x)
      else
        captured.set(
          `${key}/${p.reduce.id}`,
          p.reduce.rows(x, name => input(`aux:${name}`, 'f32', x.shape.with(1, 1))),
        )
    }
    return x
  }
  const touches = (at: Point) => byPoint.has(pointKey(at))
  const tile = (at: Point) =>
    patternTiles && touches(at) ? (rows: Sym, start: number) => void captured.set(tileKey(at, start), rows) : undefined
  return { tap: Object.assign(apply, { touches, tile }), captured }
}

/** Queries, keys and values behind those of earlier positions, which are fed. */
const behindPast =
  (past: Dim) =>
  (layer: number, { q, k, v }: Meeting) => {
    const before = (name: string, x: Sym) => input(`past.${layer}.${name}`, 'f32', x.shape.with(1, past))
    return { q, k: concat([before('k', k), k], 1), v: concat([before('v', v), v], 1), back: (z: Sym) => z }
  }

/** Rows [1, rows, a, b] as a table [rows, a·b], from which rows are taken by index. */
const table = (x: Sym): Sym => {
  const [one, rows, a, b] = x.shape as [Dim, Dim, number, number]
  return reshape(x, [mulDims(one, rows), a * b])
}

/**
 * Rows of many runs side by side: `at` int32 [1, rows] is the position of each. For attention, `pack` int32
 * [lanes, queries] names the rows that ask, right-aligned for each run, `keys` int32 [lanes, keys] the rows that each
 * run sees (first those of the slab, `past.L.k|v` [1, slab, group, dimension], then the rows themselves), and `back`
 * int32 [kept] where each row finds its result. `kept` int32 [kept] are the rows that go on.
 */
function laneInput({ layer, slab, narrow }: LaneExtent, size: (name: string) => Dim, dimension: number) {
  const index = (name: string, shape: Dim[]) => input(name, 'i32', shape)
  const [rows, lanes, queries, keys] = [size('rows'), size('lanes'), size('queries'), size('keys')]
  const kept = narrow ? size('kept') : rows
  const meet = (l: number, { q, k, v }: Meeting) => {
    const [, , heads, width] = q.shape as [Dim, Dim, number, number]
    const pick = (x: Sym, name: string, shape: Dim[], count: number) =>
      reshape(gather(table(x), index(name, shape)), [...shape, count, width])
    const seen = (x: Sym, name: string) => {
      const before = slab ? [input(`past.${l}.${name}`, 'f32', x.shape.with(1, size('slab')))] : []
      return pick(slab ? concat([...before, x], 1) : x, 'keys', [lanes, keys], x.shape[2] as number)
    }
    const back = (z: Sym) =>
      reshape(gather(reshape(z, [mulDims(lanes, queries), heads * width]), index('back', [kept])), q.shape)
    return { q: pick(q, 'pack', [lanes, queries], heads), k: seen(k, 'k'), v: seen(v, 'v'), back }
  }
  return {
    input: index('input', [1, rows]),
    at: index('at', [1, rows]),
    meet,
    segment: { from: layer, to: layer + 1, enters: input('enters', 'f32', [1, rows, dimension]) },
    ...(narrow ? { narrow: (_: number, x: Sym) => gather(x, index('kept', [kept]), 1) } : {}),
  }
}

/**
 * The graph of a model under probes. Inputs: `input` int32 [batch, time], `offset` int32 [batch], `read` int32 [rows],
 * `columns` int32 [columns], `past.L.k`, `past.L.v` [batch, past, group, dimension], `feed:POINT`, `edit:POINT.m|a|b`,
 * those of `laneInput`. Outputs: the wanted and captured points by their key, and whatever `finish` makes of the
 * logits. What no output needs is not in the graph. `fixed` sizes are written into the graph instead of their names.
 */
export function trace(
  model: Model,
  dimension: number,
  extent: Extent,
  probes: readonly Probe[],
  want: readonly Point[],
  finish?: (logits: Sym) => ReadonlyMap<string, Sym>,
  fixed: Sizes = {},
): Graph {
  const size = (name: string): Dim => fixed[name] ?? dim(name)
  const [batch, time] = [size('batch'), size('time')]
  const { tap, captured } = tapOf(probes, want, extent.patternTiles)
  const rows = extent.lanes
    ? laneInput(extent.lanes, size, dimension)
    : {
        input: input('input', 'i32', [batch, time]),
        at: add(reshape(input('offset', 'i32', [batch]), [batch, 1]), iota(time)),
        ...(extent.past ? { meet: behindPast(size('past')) } : {}),
      }
  const x: ModelInput = {
    ...rows,
    tiling: { tile: extent.tile, tiles: extent.tiles },
    positions: extent.positions,
    ...(extent.read ? { read: input('read', 'i32', [dim('rows')]) } : {}),
    ...(extent.columns ? { columns: input('columns', 'i32', [dim('columns')]) } : {}),
  }
  const { logits } = model(x, tap)
  return simplify(graphOf(new Map([...captured, ...(finish?.(logits) ?? [])])))
}
