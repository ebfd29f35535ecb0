import { type Row, ranked } from '../../../src/figures/attention-row.ts'
import { digits } from './number.ts'

/** What some tokens receive: `row` holds the share that every query gives to them together. */
export interface Received {
  /** Other queries that reach the threshold, strongest first. */
  readonly arcs: readonly number[]
  readonly onArcs: number
  /** The other queries that do not, and what they give together. */
  readonly others: number
  readonly onOthers: number
  /** What the tokens give to each other and to themselves. */
  readonly own: number
}

const MOST_ARCS = 48

export function receivedBy(row: Row, tokens: readonly number[], least: number): Received {
  const from = Math.min(...tokens)
  const queries = ranked(row).filter(q => q > from && !tokens.includes(q))
  const arcs = queries.filter(q => row[q]! >= least).slice(0, MOST_ARCS)
  const sum = (of: readonly number[]): number => of.reduce((s, q) => s + (row[q] ?? 0), 0)
  const onArcs = sum(arcs)
  return { arcs, onArcs, others: queries.length - arcs.length, onOthers: sum(queries) - onArcs, own: sum(tokens) }
}

const count = (n: number): string => `${n} token${n === 1 ? '' : 's'}`

/** The same in words; arcs are drawn to one token only. */
export function receivedWords(
  { arcs, onArcs, others, onOthers, own }: Received,
  tokens: number,
  least: number,
): string {
  const later = arcs.length + others
  if (later === 0)
    return tokens === 1
      ? `No token comes after it, so that none but itself attends to it (${digits(own)}): choose an earlier one.`
      : `No token comes after them; to each other and themselves they give ${digits(own)}.`
  const all = `${digits(onArcs + onOthers)} from ${later} ${tokens === 1 ? 'later' : 'other'} token${later === 1 ? '' : 's'}, of 1 that each gives in all`
  if (tokens > 1) return `Receive ${all}; to each other and themselves they give ${digits(own)}.`
  const parts =
    arcs.length === 0
      ? `none gives ${least} or more`
      : `${digits(onArcs)} from ${count(arcs.length)} at ${least} or more${others === 0 ? '' : `, ${digits(onOthers)} from ${count(others)} without an arc`}`
  return `Receives ${all}: ${parts}. ${digits(own)} from itself.`
}

/** The token that a row lies on most, other than the query and the first: who attends to it is worth asking. */
export const mostReceiving = (row: Row, query: number): number | undefined =>
  ranked(row).find(k => k > 0 && k < query && row[k]! > 0)
