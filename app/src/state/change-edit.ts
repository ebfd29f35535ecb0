import type { EditInput } from '../../../src/words/edit.ts'
import { type Change, fits, type Line } from './change.ts'

type Positions = NonNullable<EditInput['positions']>

/** The library's edit for one change. A scale of 0 is `zero`: the same numbers, said plainly. */
export function editOf(change: Change): EditInput {
  const { head, layer } = change.head
  const heads: [number] = [head]
  if (change.kind === 'knockout')
    return {
      do: 'knockout',
      at: { site: 'scores', layer },
      heads,
      queries: filled(change.queries),
      keys: filled(change.keys),
    }
  const address = {
    at: { site: 'z' as const, layer },
    heads,
    ...(change.at === 'all' ? {} : { positions: at(change.at) }),
  }
  switch (change.kind) {
    case 'scale':
      return change.by === 0 ? { do: 'zero', ...address } : { do: 'scale', by: change.by, ...address }
    case 'mean':
      return { do: 'mean', ...address }
    case 'patch':
      return { do: 'patch', prompt: change.from, ...address }
  }
}

const filled = (places: readonly number[]): [number, ...number[]] => [...places] as [number, ...number[]]
const at = (places: 'last' | readonly number[]): Positions => (places === 'last' ? places : filled(places))

/** The edits in force on a prompt of so many tokens: lines that are on, and whose positions exist. */
export const editsInForce = (lines: readonly Line[], tokens: number): EditInput[] =>
  lines.filter(l => l.on && fits(l.change, tokens)).map(l => editOf(l.change))
