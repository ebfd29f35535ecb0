import { addDims, type Dim, mulDims, sameDim, sameShape, subDims } from '../dim.ts'
import { composite } from '../primitive.ts'
import type { Sym, Type } from '../sym.ts'
import { softmax } from './composite.ts'
import { innerProducts, matmul } from './contract.ts'
import { add, lessOrEqual, where } from './elementwise.ts'
import { iota } from './index-by.ts'
import { scalar } from './leaf.ts'
import { concat, permute, reshape, slice } from './shape.ts'

interface Attributes {
  /** Multiplies q·k. */
  readonly scale: number
  /** Query rows in one tile; the last tile takes what is left, so that there are more than `tile · (tiles − 1)` rows. */
  readonly tile: number
  readonly tiles: number
}

/** Rows `[start, end)` of the queries may see key `s` when `s ≤ past + row`: 0 where they may, −∞ where not; [rows, keys]. */
export function causalMask(start: Dim, end: Dim, past: Dim, keys: Dim): Sym {
  const rows = iota(addDims(past, end))
  const seen = slice(rows, 0, addDims(past, start), addDims(past, end))
  const visible = lessOrEqual(iota(keys), reshape(seen, [subDims(end, start), 1]))
  return where(visible, scalar(0), scalar(Number.NEGATIVE_INFINITY))
}

/** [batch, position, head, dimension] → [batch, group, head of the group, position, dimension]. */
export const byGroup = (x: Sym, groups: Dim): Sym => {
  const [batch, time, heads, width] = x.shape as [Dim, Dim, number, Dim]
  return permute(reshape(x, [batch, time, groups, heads / (groups as number), width]), [0, 2, 3, 1, 4])
}

/** The rows of each tile: `[start, end)`. */
const tileBounds = ({ tile, tiles }: Attributes, time: Dim): (readonly [Dim, Dim])[] =>
  Array.from({ length: tiles }, (_, i) => [i * tile, i === tiles - 1 ? time : (i + 1) * tile])

/** Takes the pattern of some query rows, [batch, group, head of the group, rows, keys up to the last row]. */
type SeePattern = (pattern: Sym, start: Dim) => void

function attend(
  [q, k, v]: readonly Sym[],
  { scale }: Attributes,
  bounds: readonly (readonly [Dim, Dim])[],
  see?: SeePattern,
): Sym {
  const [, time, , width] = q!.shape as [Dim, Dim, Dim, Dim]
  const [, keys, groups] = k!.shape as [Dim, Dim, Dim, Dim]
  const past = subDims(keys, time)
  const queries = byGroup(q!, groups)
  const [rows, values] = [k!, v!].map(x =>
    permute(reshape(x, [x.shape[0]!, keys, groups, 1, width]), [0, 2, 3, 1, 4]),
  ) as [Sym, Sym]
  const tiles = bounds.map(([start, end]) => {
    const last = addDims(past, end)
    const scores = innerProducts(slice(queries, 3, start, end), slice(rows, 3, 0, last), scale)
    const seen = sameDim(subDims(end, start), 1) ? scores : add(scores, causalMask(start, end, past, last))
    const pattern = softmax(seen)
    see?.(pattern, start)
    return matmul(pattern, slice(values, 3, 0, last))
  })
  return reshape(permute(concat(tiles, 3), [0, 3, 1, 2, 4]), q!.shape)
}

const attentionNode = composite<Attributes>({
  name: 'attention',
  type: ([q, k, v]) => {
    const ranks = [q!, k!, v!].every(t => t.shape.length === 4 && t.dtype === 'f32')
    const fits = (axis: number) => sameDim(q!.shape[axis]!, k!.shape[axis]!)
    if (!ranks || !sameShape(k!.shape, v!.shape) || !fits(0) || !fits(3))
      return 'takes q [batch, position, head, dimension] and k, v [batch, key, group, dimension]'
    const [heads, groups] = [q!.shape[2], k!.shape[2]]
    if (typeof heads !== 'number' || typeof groups !== 'number' || heads % groups !== 0)
      return `${heads} heads do not share ${groups} groups evenly`
    return { dtype: 'f32', shape: q!.shape }
  },
  expand: (inputs, a) => attend(inputs, a, [[0, inputs[0]!.shape[1]!]]),
  // One tile of query rows at a time sees only the keys up to its last row: no masked block is computed.
  form: (inputs, a, target) => {
    if (target === 'portable' || a.tiles === 1) return undefined
    return attend(inputs, a, tileBounds(a, inputs[0]!.shape[1]!))
  },
  flow: ([q, k]) => [
    q!.shape.map((_, i) => (i === 0 || i === 1 ? i : null)),
    ...[k!, k!].map(t => t.shape.map((_: Dim, i: number) => (i === 0 ? 0 : null))),
  ],
  // q·k and pattern·v over the visible half: 2 · 2 · heads · dimension · Σ rows of keys seen.
  flops: ([q, k]: readonly Type[]) => {
    const [batch, time, heads, width] = q!.shape as [Dim, Dim, Dim, Dim]
    const past = subDims(k!.shape[1]!, time)
    const visible = addDims(mulDims(2, mulDims(time, past)), mulDims(time, addDims(time, 1)))
    return [mulDims(2, mulDims(visible, mulDims(batch, mulDims(heads, width))))]
  },
})
/**
 * Causal softmax attention: q [batch, position, head, dimension] over k, v [batch, key, group, dimension], where the
 * last `position` keys are those of the queries. Gives z [batch, position, head, dimension].
 */
export const attention = (q: Sym, k: Sym, v: Sym, attributes: Attributes): Sym => attentionNode([q, k, v], attributes)

/** The same computed tile by tile, and whoever wants to see the patterns of the tiles does. */
export const attentionInTiles = (q: Sym, k: Sym, v: Sym, attributes: Attributes, see: SeePattern): Sym =>
  attend([q, k, v], attributes, tileBounds(attributes, q.shape[1]!), see)
