import type { EdgeResult } from '../../../src/service/verbs.ts'
import { digits } from './number.ts'

/** The elementwise product of a query and a key, by dimension. */
export const products = ({ q, k }: Pick<EdgeResult, 'q' | 'k'>): Float64Array =>
  Float64Array.from(q.data, (x, i) => x * k.data[i]!)

/** What the edge moves to the query: the value by its share, by dimension. */
export const moved = ({ share, v }: Pick<EdgeResult, 'share' | 'v'>): Float64Array =>
  Float64Array.from(v.data, x => share * x)

export const lengthOf = (values: ArrayLike<number>): number => Math.hypot(...Array.from(values))
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
export function scoreWords(edge: Pick<EdgeResult, 'q' | 'k' | 'scale' | 'score' | 'share'>): string {
  const sum = sumOf(products(edge))
  const product = sum * edge.scale
  const as = `score = Σ q·k / √${edge.q.data.length} = ${digits(sum)} / ${digits(1 / edge.scale)} = ${digits(product)}`
  const edited = Math.abs(edge.score - product) > SAME * Math.max(1, Math.abs(product))
  const now = !edited ? '' : Number.isFinite(edge.score) ? `, edited ${digits(edge.score)}` : ', knocked out −∞'
  return `${as}${now} → ${digits(edge.share, 4)} of this row`
}

/** How long what the edge moves is beside z of the query, and what an edit of z makes of that. */
export function movedWords(edge: Pick<EdgeResult, 'share' | 'v' | 'mixed' | 'z'>): string {
  const [part, whole, after] = [moved(edge), edge.mixed.data, edge.z.data].map(lengthOf) as [number, number, number]
  const ratio =
    whole === 0 ? 'z is 0' : `‖share·v‖ / ‖z‖ = ${digits(part)} / ${digits(whole)} = ${digits(part / whole)}`
  const edited = edge.z.data.some((x, i) => Math.abs(x - edge.mixed.data[i]!) > SAME * Math.max(1, whole))
  return `of z at the query, ${ratio}${edited ? `; edited, ‖z‖ is ${digits(after)}` : ''}`
}
