import { type Dim, dim } from '../graph/dim.ts'
import { graphOf } from '../graph/graph.ts'
import { add, mul, where } from '../graph/primitives/elementwise.ts'
import { input } from '../graph/primitives/leaf.ts'
import { simplify } from '../graph/simplify.ts'
import type { Graph, Sym } from '../graph/sym.ts'
import type { LayerKV, Model, ModelInput } from '../models/model.ts'
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
}

/** Sizes of a batch that a graph may be made for. */
export interface BatchSizes {
  readonly batch: number
  readonly time: number
}

const shapeAlong = (at: Point, value: Sym, over: readonly Axis[]): Dim[] =>
  SITES[at.site].axes.map((axis, i) => (over.includes(axis) ? value.shape[i]! : 1))

/** The tap that carries the probes out, and what it captured. */
function tapOf(probes: readonly Probe[], want: readonly Point[]): { tap: Tap; captured: Map<string, Sym> } {
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
  return { tap: Object.assign(apply, { touches: (at: Point) => byPoint.has(pointKey(at)) }), captured }
}

/**
 * The graph of a model under probes. Inputs: `input` int32 [batch, time], `offset` int32 [batch], `read` int32 [rows],
 * `columns` int32 [columns], `past.L.k`, `past.L.v` [batch, past, group, dimension], `feed:POINT`, `edit:POINT.m|a|b`. Outputs: the wanted and
 * captured points by their key, and whatever `finish` makes of the logits. What no output needs is not in the graph.
 * `fixed` sizes are written into the graph instead of their names.
 */
export function trace(
  model: Model,
  extent: Extent,
  probes: readonly Probe[],
  want: readonly Point[],
  finish?: (logits: Sym) => ReadonlyMap<string, Sym>,
  fixed?: BatchSizes,
): Graph {
  const [batch, time, past] = [fixed?.batch ?? dim('batch'), fixed?.time ?? dim('time'), dim('past')]
  const { tap, captured } = tapOf(probes, want)
  const before = (layer: number, { k, v }: LayerKV): LayerKV => ({
    k: input(`past.${layer}.k`, 'f32', k.shape.with(1, past)),
    v: input(`past.${layer}.v`, 'f32', v.shape.with(1, past)),
  })
  const x: ModelInput = {
    input: input('input', 'i32', [batch, time]),
    offset: input('offset', 'i32', [batch]),
    tiling: { tile: extent.tile, tiles: extent.tiles },
    positions: extent.positions,
    ...(extent.read ? { read: input('read', 'i32', [dim('rows')]) } : {}),
    ...(extent.columns ? { columns: input('columns', 'i32', [dim('columns')]) } : {}),
    ...(extent.past ? { past: before } : {}),
  }
  const { logits } = model(x, tap)
  return simplify(graphOf(new Map([...captured, ...(finish?.(logits) ?? [])])))
}
