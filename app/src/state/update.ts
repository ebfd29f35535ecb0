import type { Parse } from '../../../src/text/parse.ts'
import { type Change, type Line, scaleOf, withChange } from './change.ts'
import { steppedScale } from './drag.ts'
import { type Head, sameHead } from './head.ts'
import { parseFault, SYNTAX } from './parse.ts'
import type { Part } from './part.ts'
import {
  type Chart,
  type Draw,
  type Ground,
  initial,
  type MapCells,
  type Order,
  type Prompt,
  type State,
  type Tint,
} from './state.ts'

/* Steps from one state to the next. Each is a pure function; the page knows no other way to change. */

const without = <K extends keyof State>(state: State, ...keys: readonly K[]): Omit<State, K> => {
  const copy: Partial<State> = { ...state }
  for (const key of keys) delete copy[key]
  return copy as Omit<State, K>
}

export const choose = (s: State, head: Head): State => ({ ...s, heads: [head] })

/** Into the set or out of it; the last head stays. */
export function toggle(s: State, head: Head): State {
  const rest = s.heads.filter(h => !sameHead(h, head))
  if (rest.length === s.heads.length) return { ...s, heads: [...s.heads, head] }
  return rest.length === 0 ? s : { ...s, heads: rest }
}

/** A new prompt: positions of the old one mean nothing on it, and a parse of other words neither. */
export function withPrompt(s: State, prompt: Prompt): State {
  const next: State = { ...atQuery(without(s, 'window', 'key')), prompt, queries: [] }
  return s.parse && parseFault(prompt, s.parse) !== undefined ? withParse(next, undefined) : next
}

/** What is read through the unembedding is read at the query again. */
const atQuery = (s: State): State => (s.writes ? { ...s, writes: { of: s.writes.of } } : s)

/** Other queries: what was chosen is no edge of theirs. */
export const withQueries = (s: State, queries: readonly number[]): State => ({
  ...atQuery(without(s, 'key')),
  queries: [...new Set(queries)].sort((a, b) => a - b),
})

/** Into the set of queries or out of it. */
export const toggleQuery = (s: State, query: number): State =>
  withQueries(s, s.queries.includes(query) ? s.queries.filter(q => q !== query) : [...s.queries, query])

/** A key of the queries that are shown. */
export const withKey = (s: State, key: number): State => ({ ...s, key })

/** A score does not stand beside itself. */
export const withScore = (s: State, score: string): State => withBeside({ ...without(s, 'range'), score }, s.beside)
export const withBeside = (s: State, beside: string | undefined): State => ({
  ...without(s, 'beside'),
  ...(beside === undefined || beside === s.score ? {} : { beside }),
})
export const withChart = (s: State, chart: Chart): State => ({ ...s, chart })
export const withGround = (s: State, ground: Ground): State => ({ ...without(s, 'range'), ground })
export const withCells = (s: State, cells: MapCells): State => ({ ...s, cells })
export const withOrder = (s: State, order: Order): State => ({ ...s, order })
export const withRange = (s: State, range: readonly [number, number] | undefined): State => ({
  ...without(s, 'range', 'top'),
  ...(range ? { range } : {}),
})
/** Dims all but so many heads of the largest scores, whichever score that is. */
export const withTop = (s: State, top: number): State => ({ ...without(s, 'range'), top })
/** The map as it was on the first visit: no order, no filter. */
export const home = (s: State): State => ({ ...without(s, 'range', 'top'), order: 'home', chart: 'maps' })

/** What attends to these positions, or what they attend to. */
export const withIncoming = (s: State, incoming: boolean, positions: readonly number[] = s.queries): State =>
  withQueries({ ...s, incoming }, positions)

/** The other direction. Nothing comes after the last token: where none is chosen, `receiver` is. */
export const turned = (s: State, receiver: number | undefined): State =>
  withIncoming(s, !s.incoming, s.incoming || s.queries.length > 0 || receiver === undefined ? s.queries : [receiver])

export const withFull = (s: State, full: number): State => ({ ...s, full })
export const withArcs = (s: State, arcs: number): State => ({ ...s, arcs })
export const withTint = (s: State, tint: Tint): State => ({ ...s, tint })
export const leaveFirst = (s: State, out: boolean): State => ({ ...s, leaveFirst: out })
export const withSite = (s: State, site: State['site']): State => ({ ...s, site })
export const withWindow = (s: State, window: State['window']): State => ({
  ...without(s, 'window'),
  ...(window ? { window } : {}),
})

export const withRoutes = (s: State, routes: number | undefined): State => ({
  ...without(s, 'routes'),
  ...(routes === undefined ? {} : { routes }),
})
/** Without a part: the chosen heads. Without a position: at the query. */
export const withWrites = (s: State, of: Part | undefined, at?: number): State => ({
  ...without(s, 'writes'),
  ...(of ? { writes: { of, ...(at === undefined ? {} : { at }) } } : {}),
})
/** A part of how the next token is drawn. */
export const withDraw = (s: State, part: keyof Draw, value: number | undefined): State => ({
  ...without(s, part),
  ...(value === undefined ? {} : { [part]: value }),
})
/** With a parse of the prompt, or without one and what is measured on it. */
export function withParse(s: State, parse: Parse | undefined): State {
  const rest = without(s, 'parse', 'relation')
  if (parse) return { ...rest, parse }
  const other = s.score === SYNTAX ? withScore(rest, initial.score) : rest
  return s.beside === SYNTAX ? withBeside(other, undefined) : other
}
export const withRelation = (s: State, relation: string | undefined): State => ({
  ...without(s, 'relation'),
  ...(relation === undefined ? {} : { relation }),
})
export const withTour = (s: State, tour: number | undefined): State => ({
  ...without(s, 'tour'),
  ...(tour === undefined ? {} : { tour }),
})

export const withEdits = (s: State, edits: readonly Line[]): State => ({ ...s, edits })
export const edit = (s: State, change: Change): State => withEdits(s, withChange(s.edits, change))

/** Takes every setting and every forbidden edge of the heads away. */
export const restore = (s: State, heads: readonly Head[] = s.heads): State =>
  withEdits(
    s,
    s.edits.filter(l => !heads.some(h => sameHead(h, l.change.head))),
  )

/** The heads at this scale over the whole prompt, in place of any other setting that they had. */
export const scaleTo = (s: State, by: number, heads: readonly Head[] = s.heads): State =>
  heads.reduce((to, head) => edit(to, { kind: 'scale', head, by, at: 'all' }), s)

export const meanOf = (s: State, heads: readonly Head[] = s.heads): State =>
  heads.reduce((to, head) => edit(to, { kind: 'mean', head, at: 'all' }), s)

/** Each chosen head's scale up or down by so many key presses; a head at its mean starts from as it was. */
export const stepScale = (s: State, steps: number): State =>
  s.heads.reduce((to, head) => scaleTo(to, steppedScale(scaleOf(to.edits, head) ?? 1, steps), [head]), s)

export const toggleLine = (s: State, line: number): State =>
  withEdits(
    s,
    s.edits.map((l, i) => (i === line ? { ...l, on: !l.on } : l)),
  )
export const removeLine = (s: State, line: number): State => withEdits(s, s.edits.toSpliced(line, 1))
/** All lines on or off at once. */
export const switchAll = (s: State, on: boolean): State =>
  withEdits(
    s,
    s.edits.map(l => ({ ...l, on })),
  )
