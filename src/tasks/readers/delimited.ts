import { bad } from '../../checkpoint/fault.ts'
import type { DataFile } from './folder.ts'

export interface DelimitedRow {
  /** The line, from 1, on which the row begins. */
  readonly line: number
  readonly cells: readonly string[]
}

/**
 * Cells of a CSV (RFC 4180: a cell in quotes may hold commas, line breaks and doubled quotes) or of a TSV (no quoting:
 * tabs and line breaks end a cell). Unlike the tables that headwise writes, a bare cell is text. Empty lines are left
 * out.
 */
export function delimitedRows(file: DataFile, delimiter: ',' | '\t'): DelimitedRow[] {
  const { text } = file
  const bare = delimiter === ',' ? /[^,\r\n]*/y : /[^\t\r\n]*/y
  const rows: DelimitedRow[] = []
  let [at, line] = [0, 1]
  while (at < text.length) {
    const begins = line
    const cells: string[] = []
    for (let more = true; more; at += Number(more)) {
      cells.push(delimiter === ',' && text[at] === '"' ? quoted() : plain())
      more = text[at] === delimiter
    }
    if (text[at] === '\r') at += 1
    if (at < text.length && text[at] !== '\n') {
      const found = text.slice(at, at + 20)
      throw fault(line, found, `line ${line} goes on with ${JSON.stringify(found)} after a quoted cell`)
    }
    at += 1
    line += 1
    if (cells.length > 1 || cells[0] !== '') rows.push({ line: begins, cells })
  }
  return rows

  function plain(): string {
    bare.lastIndex = at
    const cell = bare.exec(text)?.[0] ?? ''
    at += cell.length
    return cell
  }
  function quoted(): string {
    const begins = line
    const parts: string[] = []
    for (;;) {
      const end = text.indexOf('"', at + 1)
      if (end < 0) throw fault(begins, 'no closing quote', `the quote that opens on line ${begins} is never closed`)
      const part = text.slice(at + 1, end)
      line += part.split('\n').length - 1
      parts.push(part)
      at = end + 1
      if (text[at] !== '"') return parts.join('"')
    }
  }
  function fault(at: number, found: string, says: string): Error {
    return bad({ code: 'data-csv', file: file.path, where: `line ${at}`, found, allowed: 'RFC 4180' }, `${says}.`)
  }
}
