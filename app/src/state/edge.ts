import { type Line, settledLines } from './change.ts'
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
  // Lines may forbid an edge twice.
  distinct(
    lines.flatMap(({ change, on }) =>
      on && change.kind === 'knockout' && sameHead(change.head, head)
        ? change.queries.flatMap(query => change.keys.map(key => ({ query, key })))
        : [],
    ),
  )

const distinct = (edges: readonly Edge[]): Edge[] => [...new Map(edges.map(e => [`${e.query} ${e.key}`, e])).values()]

export const isOut = (lines: readonly Line[], head: Head, { query, key }: Edge): boolean =>
  edgesOut(lines, head).some(e => e.query === query && e.key === key)

/** The edge is forbidden in these heads; where it is in all of them, it is allowed again. */
export function toggleEdge(s: State, heads: readonly Head[], { query, key }: Edge): State {
  const changeOf = (head: Head) => ({ kind: 'knockout', head, queries: [query], keys: [key] }) as const
  if (!heads.every(h => isOut(s.edits, h, { query, key }))) return heads.reduce((to, h) => edit(to, changeOf(h)), s)
  return withEdits(
    s,
    settledLines(
      s.edits.flatMap(l => (l.on && heads.some(h => sameHead(h, l.change.head)) ? allowed(l, { query, key }) : [l])),
    ),
  )
}

/** What is left of a line where one of its edges is allowed again: nothing, the line, or lines for its other edges. */
function allowed(line: Line, { query, key }: Edge): readonly Line[] {
  const { change } = line
  if (change.kind !== 'knockout' || !change.queries.includes(query) || !change.keys.includes(key)) return [line]
  const queries = change.queries.filter(q => q !== query)
  const keys = change.keys.filter(k => k !== key)
  return [
    ...(queries.length > 0 ? [{ ...line, change: { ...change, queries } }] : []),
    ...(keys.length > 0 ? [{ ...line, change: { ...change, queries: [query], keys } }] : []),
  ]
}
