import type { At, Change } from './change.ts'
import { headName } from './head.ts'

/** Names a position by its token: `“ Mary” (5)`. */
export type NameToken = (position: number) => string

const list = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`

function where(at: At, name: NameToken): string {
  if (at === 'all') return ''
  return at === 'last' ? ' at the last token' : ` at ${list(at.map(name))}`
}

/** Up to two decimals, without a tail of zeros. */
const plain = (x: number): string => String(Math.round(x * 100) / 100).replace('-', '−')

/** The change as a line that one can read aloud: `head 6.5 off`, `head 6.1 × 0.4 at the last token`. */
export function changeWords(change: Change, name: NameToken): string {
  const head = `head ${headName(change.head)}`
  switch (change.kind) {
    case 'scale':
      return `${head} ${change.by === 0 ? 'off' : `× ${plain(change.by)}`}${where(change.at, name)}`
    case 'mean':
      return `${head} at its mean${where(change.at, name)}`
    case 'patch':
      return `${head}${where(change.at, name)} as on “${change.from}”`
    case 'knockout':
      return `${head}: ${list(change.queries.map(name))} cannot attend to ${list(change.keys.map(name))}`
  }
}
