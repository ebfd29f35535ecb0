import { digits } from './number.ts'

/** An edge of a parse, words counted from 0. */
interface Told {
  readonly head: number
  readonly dependent: number
  readonly relation: string
  /** What is measured: undefined where both words are in one token. */
  readonly edge: { readonly later: number; readonly earlier: number } | undefined
  /** In each head; empty until they are known. */
  readonly shares: readonly number[]
}

/** What an edge is, and by how much each head attends along it: `found → key (obj): from key to found 6.5 attends 0.12`. */
export function edgeSentence(
  { head, dependent, relation, edge, shares }: Told,
  name: (word: number) => string,
  heads: readonly string[],
): string {
  const what = `${name(head)} → ${name(dependent)} (${relation})`
  if (!edge) return `${what}: both words are in one token, so that no attention lies between them`
  const attends =
    shares.length === 0 ? '…' : shares.map((share, i) => `${heads[i] ?? ''} attends ${digits(share)}`).join(', ')
  return `${what}: from ${name(edge.later)} to ${name(edge.earlier)} ${attends}`
}
