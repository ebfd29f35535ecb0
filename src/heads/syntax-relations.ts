import { bootstrapGrid } from '../statistics/bootstrap.ts'
import { bestOffset, type SyntaxEdge, wayOf } from './syntax.ts'

/** An edge of one of several texts. */
export type Measured = Pick<SyntaxEdge, 'dependent' | 'later' | 'earlier' | 'relation'> & {
  /** Counts through all sentences of all texts, from 0. */
  readonly sentence: number
}

/** What a relation's best head and best fixed offset do on sentences that did not choose them. */
export interface RelationScore {
  /** The relation and which way one attends along it. */
  readonly way: string
  /** layer · heads + head. */
  readonly cell: number
  /** Words back. */
  readonly offset: number
  /** Edges that both are measured on. */
  readonly n: number
  /** Shares of these edges: of the head, of the offset, and the first minus the second, with 95% intervals. */
  readonly mean: Float64Array
  readonly low?: Float64Array
  readonly high?: Float64Array
}

/** Relations of fewer edges in either half say little about a head. */
const LEAST_EDGES = 20

/**
 * For each relation and way with 20 edges or more in both halves, most frequent first: the head with the largest
 * accuracy and the commonest offset on every other sentence (0, 2, 4, …), and how both do on the sentences between.
 * Chosen and measured on the same sentences, the best of many heads would look better than it is.
 * @param accuracy of each edge in each head, [edge, cell]
 */
export function relationScores(
  edges: readonly Measured[],
  accuracy: ArrayLike<number>,
  cells: number,
  o: { readonly seed: number; readonly draws: number },
): RelationScore[] {
  const groups = new Map<string, [choose: number[], measure: number[]]>()
  for (const [i, edge] of edges.entries()) {
    const way = wayOf(edge)
    const halves = groups.get(way) ?? [[], []]
    groups.set(way, halves)
    halves[edge.sentence % 2 === 0 ? 0 : 1].push(i)
  }
  return [...groups]
    .filter(([, halves]) => halves.every(h => h.length >= LEAST_EDGES))
    .sort(([, a], [, b]) => b[0].length + b[1].length - a[0].length - a[1].length)
    .map(([way, [choose, measure]]) => {
      const cell = bestCell(choose, accuracy, cells)
      const { words: offset } = bestOffset(choose.map(i => edges[i]!))
      const values = measure.flatMap(i => {
        const [head, fixed] = [accuracy[i * cells + cell]!, edges[i]!.later - edges[i]!.earlier === offset ? 1 : 0]
        return [head, fixed, head - fixed]
      })
      const clusters = measure.map(i => edges[i]!.sentence)
      const { mean, low, high } = bootstrapGrid(values, measure.length, 3, { clusters, ...o })
      return { way, cell, offset, n: measure.length, mean, ...(low && high && { low, high }) }
    })
}

function bestCell(edges: readonly number[], accuracy: ArrayLike<number>, cells: number): number {
  const sums = new Float64Array(cells)
  for (const i of edges) for (let c = 0; c < cells; c++) sums[c]! += accuracy[i * cells + c]!
  return sums.reduce((best, sum, c) => (sum > sums[best]! ? c : best), 0)
}
