import { stripVTControlCharacters } from 'node:util'
import { printable } from '../../words/error.ts'

/** Ranges that terminals draw two columns wide (Unicode's East Asian Width W and F, and emoji). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u
const NARROW = /\p{Mn}|\p{Me}|\p{Cf}/u

/** Columns that a text takes, colours left out. */
export function widthOf(text: string): number {
  let width = 0
  for (const c of stripVTControlCharacters(text)) width += NARROW.test(c) ? 0 : WIDE.test(c) ? 2 : 1
  return width
}

/** The beginning of a plain text that fits, with an ellipsis where something is left out. */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  let kept = ''
  for (const c of text) {
    if (widthOf(kept + c) > columns - 1) break
    kept += c
  }
  return `${kept}…`
}

export const padEnd = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - widthOf(text)))
export const padStart = (text: string, columns: number): string =>
  ' '.repeat(Math.max(0, columns - widthOf(text))) + text

/** A token's text in quotes, so that its spaces are seen; line breaks and what a terminal would obey are escaped. */
export const quoted = (token: string): string =>
  `"${printable(token.replaceAll('\n', '\\n').replaceAll('\t', '\\t').replaceAll('\r', '\\r'), 60)}"`

/**
 * What is printed, made safe wherever a name or text in it came from: a terminal obeys nothing of it but line breaks,
 * tabs and colours. Names are escaped where they are put in; this stands behind that.
 */
export const forTerminal = (text: string): string =>
  text.replace(
    /\u001b(?!\[[0-9;]*m)|[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/** Words on lines of at most `columns`, each after the indent. */
export function wrap(text: string, columns: number, indent = ''): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && widthOf(indent + longer) > columns) {
      lines.push(indent + line)
      line = word
    } else line = longer
  }
  return [...lines, indent + line].join('\n')
}
