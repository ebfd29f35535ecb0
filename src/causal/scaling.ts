import { byLayer, type HeadSet } from '../heads/importance/head-set.ts'
import type { Edit } from '../words/edit.ts'

/** `count` factors at equal distances, both ends included; rounded so that 1 is 1 and 0 is 0. */
export const factors = (from: number, to: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => {
    const factor = count === 1 ? from : from + ((to - from) * i) / (count - 1)
    return Number(factor.toPrecision(12)) || 0
  })

/**
 * z of every head of the set times each factor, one run a factor: 1 is the clean run (and no edit), 0 the zero ablation,
 * above 1 more of what the heads do, below 0 its opposite.
 */
export const scalings = (set: HeadSet, by: readonly number[]): Edit[][] =>
  by.map(factor =>
    (factor === 1 ? [] : [...byLayer(set)]).map(
      ([layer, heads]): Edit => ({ do: 'scale', by: factor, at: { site: 'z', layer, stack: 'decoder' }, heads }),
    ),
  )
