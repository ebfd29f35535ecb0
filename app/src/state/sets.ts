import { type Line, settledLines } from './change.ts'
import { readLine, writeLine } from './change-text.ts'

/** Edits kept under a name. */
export interface EditSet {
  readonly name: string
  readonly lines: readonly Line[]
}

const MOST = 100

/** The sets as text for the browser's storage. */
export const writeSets = (sets: readonly EditSet[]): string =>
  JSON.stringify(sets.map(({ name, lines }) => ({ name, lines: lines.map(writeLine) })))

/** The sets from such a text; whatever is not understood is left out. */
export function readSets(text: string | null): readonly EditSet[] {
  let rows: unknown
  try {
    rows = JSON.parse(text ?? '[]')
  } catch {
    return []
  }
  return Array.isArray(rows) ? rows.slice(0, MOST).flatMap(readSet).reduce<readonly EditSet[]>(withSet, []) : []
}

function readSet(row: unknown): EditSet[] {
  if (typeof row !== 'object' || row === null || !('name' in row && 'lines' in row)) return []
  const { name, lines } = row
  if (typeof name !== 'string' || !Array.isArray(lines)) return []
  const read = lines.map(l => (typeof l === 'string' ? readLine(l) : undefined))
  return [{ name, lines: settledLines(read.filter(l => l !== undefined)) }]
}

/** The sets with this one under its name, in the order of their names. */
export const withSet = (sets: readonly EditSet[], set: EditSet): readonly EditSet[] =>
  [...sets.filter(s => s.name !== set.name), set].sort((a, b) => a.name.localeCompare(b.name))
