import { addDims, type Dim, subDims } from '../../graph/dim.ts'
import { attention, attentionInTiles, byGroup, causalMask } from '../../graph/primitives/attention.ts'
import { softmax, softmaxOrZero } from '../../graph/primitives/composite.ts'
import { innerProducts, matmul } from '../../graph/primitives/contract.ts'
import { add } from '../../graph/primitives/elementwise.ts'
import { permute, reshape } from '../../graph/primitives/shape.ts'
import type { Sym } from '../../graph/sym.ts'

/** What may be read or changed inside: scores [batch, head, query, key] before the mask, pattern after softmax. */
export interface Inside {
  readonly scores: (scores: Sym) => Sym
  readonly pattern: (pattern: Sym) => Sym
}

/** Takes the pattern of the query rows from `start` on, [batch, head, rows, keys up to the last of them]. */
export type ReadTile = (pattern: Sym, start: number) => void

/** How the queries are cut for the fused form, which computes no masked block: `tiles` tiles of `tile` rows. */
export interface Tiling {
  readonly tile: number
  readonly tiles: number
}

/**
 * Causal softmax attention (Vaswani et al. 2017; grouped queries: Ainslie et al. 2023).
 * q [batch, position, head, dimension]; k, v [batch, key, group, dimension]; query head h uses group ⌊h / (heads/groups)⌋.
 * The last `position` keys belong to the queries, those before are the past. Gives z [batch, position, head, dimension].
 * Without `inside` it is one fused operation; with it, the scores and the whole pattern exist. Who only reads the
 * pattern may take it in tiles, of which no masked block is computed.
 */
export function softmaxAttention(q: Sym, k: Sym, v: Sym, tiling: Tiling, inside?: Inside | ReadTile): Sym {
  const [batch, time, heads, width] = q.shape as readonly [Dim, Dim, number, number]
  const [, keys, groups] = k.shape as readonly [Dim, Dim, number]
  const scale = 1 / Math.sqrt(width)
  if (!inside) return attention(q, k, v, { scale, ...tiling })
  if (typeof inside === 'function')
    return attentionInTiles(q, k, v, { scale, ...tiling }, (tile, start) => {
      const [rows, seen] = tile.shape.slice(-2) as [Dim, Dim]
      inside(reshape(tile, [batch, heads, rows, seen]), start as number)
    })

  const past = subDims(keys, time)
  const perGroup = [batch, groups, heads / groups, time, keys]
  const perHead = [batch, heads, time, keys]
  const [rows, values] = [k, v].map(x => permute(reshape(x, [batch, keys, groups, 1, width]), [0, 2, 3, 1, 4])) as [
    Sym,
    Sym,
  ]

  const raw = reshape(innerProducts(byGroup(q, groups), rows, scale), perHead)
  const scores = inside.scores(raw)
  const masked = add(scores, causalMask(0, time, past, addDims(past, time)))
  // Only edited scores can leave a row without a key to attend to.
  const pattern = inside.pattern(scores === raw ? softmax(masked) : softmaxOrZero(masked))
  const z = matmul(reshape(pattern, perGroup), values)
  return reshape(permute(z, [0, 3, 1, 2, 4]), q.shape)
}
