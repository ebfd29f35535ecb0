import { toggleEdge } from './edge.ts'
import type { Head } from './head.ts'
import type { Command } from './keys.ts'
import type { State } from './state.ts'
import { edit, home, meanOf, restore, scaleTo, stepScale, turned, withQueries } from './update.ts'

/** What the page knows beyond its state: the chosen heads that exist, the prompt's length, the queries shown. */
export interface Surroundings {
  readonly heads: readonly Head[]
  readonly tokens: number
  readonly queries: readonly number[]
  /** The token to turn to where none is chosen and what attends to it is asked for. */
  readonly receiver?: number | undefined
  /** The key that is pointed at or chosen; and its query, where that is none of those shown. */
  readonly edge?: { readonly key?: number | undefined; readonly query?: number | undefined } | undefined
}

/** From one query the edge is forbidden, or allowed again; from several it is forbidden. */
function edgeOut(s: State, heads: readonly Head[], all: readonly number[], key: number): { state: State } | undefined {
  const queries = all.filter(q => key <= q)
  const [query, ...more] = queries
  if (query === undefined) return undefined
  if (more.length === 0) return { state: toggleEdge(s, heads, { query, key }) }
  return { state: heads.reduce((to, head) => edit(to, { kind: 'knockout', head, queries, keys: [key] }), s) }
}

/** The state after a key's command; undefined where the command is none of the state's, or nothing is chosen. */
export function perform(
  s: State,
  command: Command,
  { heads, tokens, queries, receiver, edge }: Surroundings,
): { state: State; gesture?: string } | undefined {
  const last = queries.at(-1) ?? tokens - 1
  switch (command) {
    case 'off':
      return { state: scaleTo(s, 0, heads) }
    case 'mean':
      return { state: meanOf(s, heads) }
    case 'restore':
      return { state: restore(s, heads) }
    case 'less':
    case 'more':
      return { state: stepScale(s, command === 'less' ? -1 : 1), gesture: 'step' }
    case 'home':
      return { state: home(s) }
    case 'previousToken':
      return tokens > 0 ? { state: withQueries(s, [Math.max(0, last - 1)]), gesture: 'query' } : undefined
    case 'nextToken':
      return tokens > 0 ? { state: withQueries(s, [Math.min(tokens - 1, last + 1)]), gesture: 'query' } : undefined
    case 'edge':
      return edge?.key === undefined
        ? undefined
        : edgeOut(s, heads, edge.query === undefined ? queries : [edge.query], edge.key)
    case 'direction':
      return { state: turned(s, receiver) }
    default:
      return undefined
  }
}
