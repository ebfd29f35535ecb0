import { type Head, headName, sameHead } from './head.ts'

/** Positions of the prompt that a change concerns. */
export type At = 'all' | 'last' | readonly number[]

/**
 * One thing done to one head. `scale` with 0 is "off"; `mean` puts the mean over this prompt's positions in the head's
 * place; `patch` puts there what the head computes on another prompt; `knockout` forbids queries to attend to keys.
 */
export type Change =
  | { readonly kind: 'scale'; readonly head: Head; readonly by: number; readonly at: At }
  | { readonly kind: 'mean'; readonly head: Head; readonly at: At }
  | { readonly kind: 'patch'; readonly head: Head; readonly from: string; readonly at: At }
  | {
      readonly kind: 'knockout'
      readonly head: Head
      readonly queries: readonly number[]
      readonly keys: readonly number[]
    }

/** A change with its own off switch. */
export interface Line {
  readonly change: Change
  readonly on: boolean
}

const samePlaces = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i])
const sameAt = (a: At, b: At): boolean => (typeof a === 'string' || typeof b === 'string' ? a === b : samePlaces(a, b))

/** Whether the second stands in the place of the first: one head has one setting at one place. */
export function replaces(a: Change, b: Change): boolean {
  if (!sameHead(a.head, b.head)) return false
  if (a.kind === 'knockout')
    return b.kind === 'knockout' && samePlaces(a.queries, b.queries) && samePlaces(a.keys, b.keys)
  if (b.kind === 'knockout') return false
  return sameAt(a.at, b.at)
}

/** A head at its own value is no change. */
export const isNothing = (change: Change): boolean => change.kind === 'scale' && change.by === 1

/** The lines with this change in the place of what it replaces, else at the end; a change to nothing takes it out. */
export function withChange(lines: readonly Line[], change: Change): readonly Line[] {
  const place = lines.findIndex(l => replaces(l.change, change))
  if (isNothing(change)) return place < 0 ? lines : lines.toSpliced(place, 1)
  const line: Line = { change, on: true }
  return place < 0 ? [...lines, line] : lines.with(place, line)
}

/** The lines of a list that nobody checked: a later one stands in the place of what it replaces. */
export function settledLines(lines: readonly Line[]): readonly Line[] {
  const settled: Line[] = []
  for (const line of lines) {
    const place = settled.findIndex(l => replaces(l.change, line.change))
    settled.splice(place < 0 ? settled.length : place, place < 0 ? 0 : 1, line)
  }
  return settled
}

/** The head's setting over the whole prompt, where it has one that is on. */
export const settingOf = (lines: readonly Line[], head: Head): Exclude<Change, { kind: 'knockout' }> | undefined =>
  lines
    .filter(l => l.on && sameHead(l.change.head, head))
    .map(l => l.change)
    .findLast(c => c.kind !== 'knockout')

/** The head's scale: what a tick on the map shows. Undefined under a mean or a patch. */
export function scaleOf(lines: readonly Line[], head: Head): number | undefined {
  const setting = settingOf(lines, head)
  if (!setting) return 1
  return setting.kind === 'scale' ? setting.by : undefined
}

/** Heads that a line which is on concerns, by name. */
export const editedHeads = (lines: readonly Line[]): ReadonlySet<string> =>
  new Set(lines.filter(l => l.on).map(l => headName(l.change.head)))

/** Whether every position that the change names lies in a prompt of so many tokens. */
export function fits(change: Change, tokens: number): boolean {
  const inside = (places: readonly number[]): boolean => places.every(p => p < tokens)
  if (change.kind === 'knockout') return inside(change.queries) && inside(change.keys)
  return typeof change.at === 'string' || inside(change.at)
}
