import type { DecoderConfig } from '../models/config.ts'
import { throwIfAborted } from '../words/error.ts'
import type { RouteEdge, RouteGraph, RouteNode } from '../words/routes.ts'
import type { Site } from '../words/site.ts'
import { tick } from '../words/tick.ts'

/** What one pass computed in a layer, edits in force; T positions. */
export interface LayerParts {
  /** [T, dim] each. */
  readonly residPre: Float32Array
  readonly residMid: Float32Array
  readonly mlpOut: Float32Array
  readonly residPost: Float32Array
  /** [head, T, T]; rows are queries. */
  readonly pattern: Float32Array
  /** [T, group, dimension]. */
  readonly v: Float32Array
  /** [T, head, dimension]. */
  readonly z: Float32Array
  /** W_O, [dim, head · dimension]. */
  readonly output: Float32Array
}

/** The sites of a layer that `layerParts` reads. */
export const ROUTE_SITES = [
  'resid_pre',
  'pattern',
  'v',
  'z',
  'resid_mid',
  'mlp_out',
  'resid_post',
] as const satisfies Site[]

/** The parts of a layer from its captured sites and its W_O. */
export const layerParts = (
  read: (site: (typeof ROUTE_SITES)[number]) => Float32Array,
  output: Float32Array,
): LayerParts => ({
  residPre: read('resid_pre'),
  pattern: read('pattern'),
  v: read('v'),
  z: read('z'),
  residMid: read('resid_mid'),
  mlpOut: read('mlp_out'),
  residPost: read('resid_post'),
  output,
})

const l1 = (x: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < x.length; i++) sum += Math.abs(x[i]!)
  return sum
}
const distance = (y: ArrayLike<number>, f: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < y.length; i++) sum += Math.abs(y[i]! - f[i]!)
  return sum
}

/**
 * The share of each part f in the sum y: its proximity max(0, ‖y‖₁ − ‖y − f‖₁) over that of all parts (J. Ferrando et al.
 * 2022, *Measuring the Mixing of Contextual Information in the Transformer*). What the parts leave over counts as one
 * more part, which has no share of its own in the answer: a bias, or what an edit put there.
 */
export function contributions(y: Float32Array, parts: readonly Float32Array[]): Float64Array {
  const length = l1(y)
  const rest = Float64Array.from(y)
  for (const f of parts) for (let i = 0; i < y.length; i++) rest[i]! -= f[i]!
  const near = Float64Array.from(parts, f => Math.max(0, length - distance(y, f)))
  const all = near.reduce((s, x) => s + x, Math.max(0, length - distance(y, rest)))
  return all === 0 ? near : near.map(x => x / all)
}

type Sizes = Pick<DecoderConfig, 'layers' | 'heads' | 'groups' | 'headDim' | 'dim'>

/** What each head brings to a query from each key: W_O[:, head] · (pattern · v), with its place. */
interface HeadPart {
  readonly head: number
  readonly key: number
  readonly write: Float32Array
}

/** How far z may lie from a multiple of pattern·v and still be it, relative. */
const SAME = 1e-3

/**
 * z over pattern·v of one head and query: 1 as computed, other numbers where it was scaled, 0 where it is off.
 * Undefined where an edit replaced it: such a value comes from no key.
 */
function scaleOf(z: Float32Array, mixed: Float32Array): number | undefined {
  let [zm, mm, zz] = [0, 0, 0]
  for (let i = 0; i < z.length; i++) {
    zm += z[i]! * mixed[i]!
    mm += mixed[i]! ** 2
    zz += z[i]! ** 2
  }
  if (zz === 0) return 0
  const by = zm / mm
  let apart = 0
  for (let i = 0; i < z.length; i++) apart += (z[i]! - by * mixed[i]!) ** 2
  return apart <= SAME ** 2 * zz ? by : undefined
}

/** The parts of attention at one query; `written` remembers W_O·v of the layer by head and key. */
function headParts(c: Sizes, p: LayerParts, query: number, written: Map<number, Float32Array>): HeadPart[] {
  const { heads, groups, headDim, dim } = c
  const time = p.v.length / (groups * headDim)
  const parts: HeadPart[] = []
  const writeOf = (head: number, key: number, v: Float32Array): Float32Array => {
    const at = head * time + key
    const known = written.get(at)
    if (known) return known
    const write = new Float32Array(dim)
    for (let i = 0; i < dim; i++) {
      const from = (i * heads + head) * headDim
      for (let j = 0; j < headDim; j++) write[i]! += p.output[from + j]! * v[j]!
    }
    written.set(at, write)
    return write
  }
  for (let head = 0; head < heads; head++) {
    const row = p.pattern.subarray((head * time + query) * time, (head * time + query + 1) * time)
    const value = (key: number) => {
      const from = (key * groups + Math.floor((head * groups) / heads)) * headDim
      return p.v.subarray(from, from + headDim)
    }
    const mixed = new Float32Array(headDim)
    for (let key = 0; key <= query; key++) for (let j = 0; j < headDim; j++) mixed[j]! += row[key]! * value(key)[j]!
    const from = (query * heads + head) * headDim
    const by = scaleOf(p.z.subarray(from, from + headDim), mixed) ?? 0
    if (by === 0) continue
    for (let key = 0; key <= query; key++)
      if (row[key] !== 0) parts.push({ head, key, write: writeOf(head, key, value(key)).map(x => x * by * row[key]!) })
  }
  return parts
}

/**
 * Information flow routes (J. Ferrando, E. Voita 2024, arXiv 2403.00824): from the last residual at a position downwards,
 * the edges whose contribution reaches the threshold, and the nodes that these lead to. After attention a node is the
 * residual before it + Σ over heads and keys of pattern·W_O·v, after the feed-forward part it is that + its output.
 * Layers are asked for from the last to the first; `interrupted` between them. `notDrawn` also holds what no part
 * accounts for: biases, and what an edit put there.
 */
export async function informationFlowRoutes(
  c: Sizes,
  layerOf: (layer: number) => Promise<LayerParts>,
  { position, threshold, signal }: { position: number; threshold: number; signal?: AbortSignal | undefined },
): Promise<RouteGraph> {
  const edges: RouteEdge[] = []
  const nodes: RouteNode[] = [{ site: 'resid_post', layer: c.layers - 1, position }]
  const missing: number[] = []
  const keep = (
    to: RouteNode,
    y: Float32Array,
    parts: readonly (Omit<RouteEdge, 'to' | 'contribution'> & { write: Float32Array })[],
  ) => {
    const shares = contributions(
      y,
      parts.map(p => p.write),
    )
    let drawn = 0
    for (const [i, { write: _, ...part }] of parts.entries()) {
      const contribution = shares[i]!
      if (contribution < threshold) continue
      edges.push({ ...part, to, contribution })
      drawn += contribution
    }
    // Into a node of zeros nothing enters.
    missing.push(y.some(x => x !== 0) ? 1 - drawn : 0)
  }
  let wanted = [position]
  for (let layer = c.layers - 1; layer >= 0; layer--) {
    throwIfAborted(signal)
    const p = await layerOf(layer)
    const at = (x: Float32Array, i: number) => x.subarray(i * c.dim, (i + 1) * c.dim)
    const written = new Map<number, Float32Array>()
    const before = edges.length
    for (const i of wanted) {
      const mid: RouteNode = { site: 'resid_mid', layer, position: i }
      const start = edges.length
      keep({ site: 'resid_post', layer, position: i }, at(p.residPost, i), [
        { part: 'residual', from: mid, write: at(p.residMid, i) },
        { part: 'mlp', from: mid, write: at(p.mlpOut, i) },
      ])
      if (edges.length === start) continue
      nodes.push(mid)
      const below = (key: number): RouteNode =>
        layer > 0
          ? { site: 'resid_post', layer: layer - 1, position: key }
          : { site: 'resid_pre', layer, position: key }
      keep(mid, at(p.residMid, i), [
        { part: 'residual', from: below(i), write: at(p.residPre, i) },
        ...headParts(c, p, i, written).map(({ head, key, write }) => ({
          part: 'head' as const,
          head,
          from: below(key),
          write,
        })),
      ])
    }
    const reached = edges
      .slice(before)
      .filter(e => e.to.site === 'resid_mid')
      .map(e => e.from)
    wanted = [...new Set(reached.map(n => n.position))].sort((a, b) => b - a)
    nodes.push(...wanted.map(i => reached.find(n => n.position === i)!))
    await tick()
  }
  return { nodes, edges, notDrawn: Math.max(0, missing.reduce((s, x) => s + x, 0) / missing.length) }
}
