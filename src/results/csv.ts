import { HeadwiseError } from '../words/error.ts'

/** A cell: text, a number, or nothing. */
export type TableCell = string | number | null
export interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly TableCell[])[]
}

/**
 * A spreadsheet takes a cell that starts like this for a formula, also inside quotes; an apostrophe in front makes it
 * text. Texts that already start with apostrophes and then such a character get one more, so that reading takes one
 * away and has the text again.
 */
const FORMULA = /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/
const GUARDED = /^'+[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/

/**
 * CSV by RFC 4180. Text is always quoted, numbers never are, so that both read back as what they were; NaN and the
 * infinities are written NaN, Infinity, -Infinity, nothing as an empty cell. −0 becomes 0.
 */
export const csvText = ({ columns, rows }: Table): string =>
  [columns, ...rows].map(row => `${row.map(csvCell).join(',')}\r\n`).join('')

function csvCell(cell: TableCell): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return String(cell)
  // A lone surrogate has no UTF-8 form.
  const text = cell.replace(/\p{Surrogate}/gu, '\ufffd')
  return `"${(FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`
}

const CELL = /"((?:[^"]|"")*)"|([^",\r\n]*)/y

/** The table behind a text that `csvText` wrote; `file` is for the error's sentence. */
export function readCsv(text: string, file: string): Table {
  const lines: TableCell[][] = []
  let at = 0
  while (at < text.length) {
    const row: TableCell[] = []
    const where = `row ${lines.length + 1}`
    for (let more = true; more; at += Number(more)) {
      row.push(cellAt())
      more = text[at] === ','
    }
    if (text[at] === '\r') at += 1
    if (at < text.length && text[at] !== '\n')
      throw refuse(where, JSON.stringify(text.slice(at, at + 20)), 'a comma or the end of the row')
    at += 1
    if (lines[0] && row.length !== lines[0].length)
      throw refuse(where, `${row.length} cells`, `${lines[0].length} cells`)
    lines.push(row)
  }
  const [columns = [], ...rows] = lines
  return { columns: columns.map(String), rows }

  function cellAt(): TableCell {
    CELL.lastIndex = at
    const [whole = '', quoted, bare = ''] = CELL.exec(text) ?? []
    at += whole.length
    if (quoted !== undefined) {
      const value = quoted.replaceAll('""', '"')
      return GUARDED.test(value) ? value.slice(1) : value
    }
    const number = bare === 'NaN' ? Number.NaN : Number(bare)
    if (bare !== '' && Number.isNaN(number) && bare !== 'NaN')
      throw refuse(
        `row ${lines.length + 1}`,
        JSON.stringify(bare.slice(0, 40)),
        'a number, NaN, Infinity, -Infinity or quoted text',
      )
    return bare === '' ? null : number
  }
  function refuse(where: string, found: string, allowed: string): HeadwiseError {
    return new HeadwiseError(`${file}: ${where} holds ${found}; expected ${allowed}.`, {
      code: 'csv',
      file,
      where,
      found,
      allowed,
    })
  }
}
