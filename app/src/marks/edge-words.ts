import type { EdgeResult } from '../../../src/service/verbs.ts'
import { digits } from './number.ts'

/** The elementwise product of a query and a key, by dimension. */
export const products = ({ q, k }: Pick<EdgeResult, 'q' | 'k'>): Float64Array =>
  Float64Array.from(q.data, (x, i) => x * k.data[i]!)

export const sumOf = (values: ArrayLike<number>): number => Array.from(values).reduce((s, x) => s + x, 0)
/** The largest size of any of them. */
export const sizeOf = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((most, x) => Math.max(most, Math.abs(x)), 0)
/** The dimension whose value is the largest in size. */
export const strongest = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((best, x, i) => (Math.abs(x) > Math.abs(values[best] ?? 0) ? i : best), 0)

/** Scores that differ by less are the same: captured values are of single precision. */
const SAME = 1e-3

/** What becomes of the inner product, from the sum to the share. */
export function scoreWords(edge: EdgeResult): string {
  const sum = sumOf(products(edge))
  const product = sum * edge.scale
  const as = `score = Σ q·k / √${edge.q.data.length} = ${digits(sum)} / ${digits(1 / edge.scale)} = ${digits(product)}`
  const edited = Math.abs(edge.score - product) > SAME * Math.max(1, Math.abs(product))
  const now = !edited ? '' : Number.isFinite(edge.score) ? `, edited ${digits(edge.score)}` : ', knocked out −∞'
  return `${as}${now} → ${digits(edge.share, 4)} of this row`
}
