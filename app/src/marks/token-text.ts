import { printable } from '../../../src/words/error.ts'

/** A piece of a token as it is drawn: its characters, or a mark that stands for whitespace. */
export interface Piece {
  readonly text: string
  readonly mark: boolean
}

const MARKS: Readonly<Record<string, string>> = { ' ': '·', '\n': '↵', '\t': '⇥', '\r': '␍', '\u00a0': '⍽' }

/** A token with its whitespace made visible; control and direction characters are spelled out. */
export function pieces(token: string): Piece[] {
  if (token === '') return [{ text: '∅', mark: true }]
  const out: Piece[] = []
  for (const c of token) {
    const mark = MARKS[c]
    const last = out.at(-1)
    const text = mark ?? printable(c)
    if (last && last.mark === (mark !== undefined)) out[out.length - 1] = { ...last, text: last.text + text }
    else out.push({ text, mark: mark !== undefined })
  }
  return out
}

/** The same as plain text: for labels, tables and lines that are read aloud. */
export const tokenLabel = (token: string): string => `“${printable(token).replaceAll('\\u000a', '↵')}”`
