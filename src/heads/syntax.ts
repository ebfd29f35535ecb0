import { type Parse, rootsOf } from '../text/parse.ts'

/**
 * How far heads follow the syntax of a parsed text, from their patterns alone. Sources: K. Clark et al., What Does BERT
 * Look At? (2019), §4.2 for words of several tokens, the most-attended word, and the best fixed offset as a baseline;
 * E. Voita et al., Analyzing Multi-Head Self-Attention (2019), §5.2, which also takes both directions of a relation;
 * Z. Wang et al., Dodrio (2021), for the mean attention on dependency edges.
 */

/** One edge of a tree as a causal model can follow it: only its later word can attend to its earlier one. */
export interface SyntaxEdge {
  /** Words of the parse, from 0. */
  readonly dependent: number
  readonly head: number
  readonly later: number
  readonly earlier: number
  readonly relation: string
  /**
   * The words that the later one is asked about: the earlier words of its sentence. Left out are the word itself, words
   * that share a token with it, and tokens that belong to no word (added ones).
   */
  readonly candidates: readonly number[]
  /** The root of its sentence, which tells sentences apart. */
  readonly sentence: number
}

/** The relation and which way one attends along it: to the head of the later word, or to a dependent of it. */
export const wayOf = ({ relation, later, dependent }: Pick<SyntaxEdge, 'relation' | 'later' | 'dependent'>): string =>
  `${relation} to ${later === dependent ? 'head' : 'dependent'}`

/** Whether a relation is one of those wanted: `nsubj` is also `nsubj:pass`. Without a list all are. */
export const isWanted = (relation: string, wanted: readonly string[] | undefined): boolean =>
  wanted === undefined || wanted.some(w => relation === w || relation.startsWith(`${w}:`))

const shareToken = (a: readonly number[], b: readonly number[]): boolean => a.some(t => b.includes(t))

/**
 * The edges of a parse between words of different tokens, in the order of their dependents.
 * @param tokens the positions of each word's tokens
 */
export function syntaxEdges(
  parse: Parse,
  tokens: readonly (readonly number[])[],
  wanted?: readonly string[],
): SyntaxEdge[] {
  const roots = rootsOf(parse)
  return parse.flatMap(({ head: from, relation }, dependent): SyntaxEdge[] => {
    const head = from - 1
    if (head < 0 || !isWanted(relation, wanted)) return []
    const [earlier, later] = head < dependent ? [head, dependent] : [dependent, head]
    if (shareToken(tokens[earlier]!, tokens[later]!)) return []
    const sentence = roots[dependent]!
    const candidates: number[] = []
    for (let w = 0; w < later; w++)
      if (roots[w] === sentence && !shareToken(tokens[w]!, tokens[later]!)) candidates.push(w)
    return [{ dependent, head, later, earlier, relation, candidates, sentence }]
  })
}

/** Numbers that are measured of every edge. */
export const MEASURES = ['share', 'accuracy', 'excess'] as const

/** A head's pattern [time, time] inside an array that may hold several. */
export interface PatternAt {
  readonly data: ArrayLike<number>
  readonly start: number
  readonly time: number
}

/** Attention of one word to another: the mean over its tokens of the sum over the tokens of the other. */
export function wordAttention(
  { data, start, time }: PatternAt,
  from: readonly number[],
  to: readonly number[],
): number {
  let sum = 0
  for (const q of from) for (const k of to) sum += data[start + q * time + k]!
  return sum / from.length
}

/**
 * What a head gives each edge, [edge, 3]: the `share` that the later word gives the earlier one; `accuracy`, 1 where it
 * gives no other candidate as much, 1/m where m candidates share the largest, else 0; and `excess`, the share minus the
 * mean over the candidates.
 */
export function edgeMeasures(
  pattern: PatternAt,
  tokens: readonly (readonly number[])[],
  edges: readonly SyntaxEdge[],
): Float64Array {
  const out = new Float64Array(edges.length * MEASURES.length)
  /** Word-level rows, of each later word once. */
  const rows = new Map<number, ReadonlyMap<number, number>>()
  for (const [i, { later, earlier, candidates }] of edges.entries()) {
    const row =
      rows.get(later) ?? new Map(candidates.map(c => [c, wordAttention(pattern, tokens[later]!, tokens[c]!)] as const))
    rows.set(later, row)
    const share = row.get(earlier)!
    let [sum, largest, ties] = [0, Number.NEGATIVE_INFINITY, 0]
    for (const value of row.values()) {
      sum += value
      if (value > largest) [largest, ties] = [value, 1]
      else if (value === largest) ties++
    }
    out.set([share, share === largest ? 1 / ties : 0, share - sum / row.size], i * MEASURES.length)
  }
  return out
}

/** A distance in words, and the share of edges that have it. */
export interface Offset {
  readonly words: number
  readonly share: number
}

/** The baseline: the one distance back, in words, that most of the edges have; the shortest of several. */
export function bestOffset(edges: readonly Pick<SyntaxEdge, 'later' | 'earlier'>[]): Offset {
  const counts = new Map<number, number>()
  for (const { later, earlier } of edges) counts.set(later - earlier, (counts.get(later - earlier) ?? 0) + 1)
  const [words, count] = [...counts].reduce((best, next) =>
    next[1] > best[1] || (next[1] === best[1] && next[0] < best[0]) ? next : best,
  )
  return { words, share: count / edges.length }
}
