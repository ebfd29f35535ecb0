import { subDims } from '../../graph/dim.ts'
import { cast, mul, sub } from '../../graph/primitives/elementwise.ts'
import { iota } from '../../graph/primitives/index-by.ts'
import { sum } from '../../graph/primitives/reduce.ts'
import { reshape, slice } from '../../graph/primitives/shape.ts'
import type { RowReduction } from '../../runs/probe.ts'
import { detector, rowsFrom } from './detector.ts'

/** Σ A[q, k]·(q − k) over the keys of each row; the rows are those of the last positions. */
const distances: RowReduction = pattern => {
  const [rows, keys] = [pattern.shape.at(-2)!, pattern.shape.at(-1)!]
  const key = cast(iota(keys), 'f32')
  const query = reshape(slice(key, 0, subDims(keys, rows), keys), [rows, 1])
  return sum(mul(pattern, sub(query, key)), -1)
}

/**
 * How far back a head attends, in tokens: Σ A[q, k]·(q − k) over k ≤ q, over q ≥ 1 (the attention distance of Vig and
 * Belinkov 2019, a mean over rows of equal weight).
 */
export const distance = detector({
  id: 'distance',
  papers: [147],
  metric: 'mean distance from query to key, tokens',
  rows: distances,
  queries: rowsFrom(1),
})
