import { type Line, replaces } from './change.ts'
import { type Head, sameHead } from './head.ts'
import type { State } from './state.ts'
import { edit, withEdits } from './update.ts'

/** A query that may attend to a key. */
export interface Edge {
  readonly query: number
  readonly key: number
}

/** Edges of a head that lines in force forbid. */
export const edgesOut = (lines: readonly Line[], head: Head): Edge[] =>
  lines.flatMap(({ change, on }) =>
    on && change.kind === 'knockout' && sameHead(change.head, head)
      ? change.queries.flatMap(query => change.keys.map(key => ({ query, key })))
      : [],
  )

export const isOut = (lines: readonly Line[], head: Head, { query, key }: Edge): boolean =>
  edgesOut(lines, head).some(e => e.query === query && e.key === key)

/** The edge is forbidden in these heads; where it is in all of them, it is allowed again. */
export function toggleEdge(s: State, heads: readonly Head[], { query, key }: Edge): State {
  const changeOf = (head: Head) => ({ kind: 'knockout', head, queries: [query], keys: [key] }) as const
  if (!heads.every(h => isOut(s.edits, h, { query, key }))) return heads.reduce((to, h) => edit(to, changeOf(h)), s)
  return withEdits(
    s,
    s.edits.filter(l => !heads.some(h => replaces(l.change, changeOf(h)))),
  )
}
