import { mul } from '../../graph/primitives/elementwise.ts'
import { sum } from '../../graph/primitives/reduce.ts'
import type { Sym } from '../../graph/sym.ts'
import type { RowReduction } from '../../runs/probe.ts'

/** What a detector may know of a prompt beyond its ids. */
export interface PromptFacts {
  readonly ids: readonly number[]
  /** The text of one token. */
  readonly tokenText: (id: number) => string
  readonly specialIds: ReadonlySet<number>
}

/**
 * A number for each head, read off its pattern: one value for each query row, then the mean over the rows Q that count.
 * Rows make it exact under chunked prefill, padding and generation.
 */
export interface Detector {
  readonly id: string
  /** Numbers of the papers that it follows. */
  readonly papers: readonly number[]
  /** What the number is, with its unit. */
  readonly metric: string
  readonly rows: RowReduction
  /** The query rows that count; a prompt without any gives no score. */
  readonly queries: (prompt: PromptFacts) => readonly number[]
  /** For `attentionTo`: the keys K(q) whose attention is summed. */
  readonly keys?: (prompt: PromptFacts, query: number) => readonly number[]
  /** Whether the keys are named by their distance alone: then the null is a random distance. */
  readonly positional?: true
}

export const detector = (d: Detector): Detector => d

/** Σ over the keys K(q) of A[q, k], for a detector that names them. */
export const attentionTo =
  (id: string): RowReduction =>
  (pattern: Sym, aux) =>
    sum(mul(pattern, aux(id)), -1)

/** The rows from `first` on. */
export const rowsFrom =
  (first: number) =>
  ({ ids }: PromptFacts): number[] =>
    Array.from({ length: Math.max(0, ids.length - first) }, (_, i) => first + i)

/** Positions before `query` that hold its token. */
export const earlierOccurrences = (ids: readonly number[], query: number): number[] =>
  ids.flatMap((id, k) => (k < query && id === ids[query] ? [k] : []))

/** Positions whose token occurred before. */
export const repeatedRows = ({ ids }: PromptFacts): number[] => {
  const seen = new Set<number>()
  return ids.flatMap((id, q) => {
    const repeated = seen.has(id)
    seen.add(id)
    return repeated ? [q] : []
  })
}
