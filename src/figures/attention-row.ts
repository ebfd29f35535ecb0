import { shown } from './panel.ts'

/** One row of attention: the share of each key, [time]. */
export type Row = ArrayLike<number>

/** Most arcs that are drawn from one query. */
const MOST_ARCS = 48

/** Keys by falling share; equal ones in the order of the text. */
export const ranked = (row: Row): number[] =>
  Array.from({ length: row.length }, (_, k) => k).sort((a, b) => row[b]! - row[a]! || a - b)

/** What of a row has an arc, and what has not: every share is in one of the parts. */
export interface Parts {
  /** Keys that reach the threshold, strongest first. */
  readonly arcs: readonly number[]
  /** Σ over these keys. */
  readonly onArcs: number
  /** Keys with a share above 0 that do not. */
  readonly others: number
  readonly onOthers: number
  /** The first token's share where it is left out; else 0. */
  readonly first: number
  readonly total: number
}

export function partsOf(row: Row, least: number, leaveFirst: boolean): Parts {
  const keys = ranked(row).filter(k => row[k]! > 0 && !(leaveFirst && k === 0))
  const arcs = keys.filter(k => row[k]! >= least).slice(0, MOST_ARCS)
  const rest = keys.filter(k => !arcs.includes(k))
  const sum = (of: readonly number[]): number => of.reduce((s, k) => s + row[k]!, 0)
  const first = leaveFirst ? (row[0] ?? 0) : 0
  const [onArcs, onOthers] = [sum(arcs), sum(rest)]
  return { arcs, onArcs, others: rest.length, onOthers, first, total: onArcs + onOthers + first }
}

const tokens = (n: number): string => `${n.toLocaleString('en')} token${n === 1 ? '' : 's'}`

/** What the arcs leave out, in words. */
export function partsWords(
  { arcs, onArcs, others, onOthers, total }: Parts,
  least: number,
  digits: (x: number) => string = shown,
): string {
  const onThese =
    arcs.length === 0 ? 'No token reaches' : `${digits(onArcs)} of this row lies on ${tokens(arcs.length)} at`
  const rest = others === 0 ? '' : `; ${digits(onOthers)} on ${tokens(others)} without an arc`
  const sum = Math.abs(total - 1) > 0.005 ? `. The row sums to ${digits(total)}` : ''
  return `${onThese} ${least}${arcs.length === 0 ? '' : ' or more'}${rest}${sum}.`
}
