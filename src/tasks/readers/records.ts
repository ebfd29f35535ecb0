import type { z } from 'zod'
import { bad } from '../../checkpoint/fault.ts'
import { isObject, type JsonValue, parseStrictJson } from '../../checkpoint/strict-json.ts'
import { validate } from '../../results/issue.ts'
import { HeadwiseError } from '../../words/error.ts'
import { type DelimitedRow, delimitedRows } from './delimited.ts'
import { type DataFile, linesOf, readText } from './folder.ts'

const MAX_ROWS = 100_000
const MAX_DEPTH = 32

/** A row as it stands in the file, and how to name its place. */
interface Place {
  readonly where: string
  readonly value: unknown
}

/**
 * The rows of a data file, each checked by the schema (other fields are ignored): `.csv` and `.tsv` with a header, a
 * JSON array, or JSON lines. `list` names the field of a JSON object that holds the rows. At most 64 MiB, 1 MiB a
 * line, 100,000 rows; errors name file and line (for JSON arrays the row).
 */
export function readRecords<T>(path: string, schema: z.ZodType<T>, list?: string): T[] {
  const file = readText(path)
  return placesOf(file, list).map(({ where, value }) =>
    validate(schema, value, { file: path, root: `${where}: row`, code: 'data' }),
  )
}

function placesOf(file: DataFile, list: string | undefined): Place[] {
  if (/\.csv$/i.test(file.path)) return bounded(file, withHeader(file, delimitedRows(file, ',')))
  if (/\.tsv$/i.test(file.path)) return bounded(file, withHeader(file, delimitedRows(file, '\t')))
  if (list !== undefined && /\.json$/i.test(file.path)) return bounded(file, arrayPlaces(file, list))
  return bounded(file, /^\s*\[/.test(file.text.slice(0, 1000)) ? arrayPlaces(file) : linePlaces(file))
}

function bounded(file: DataFile, places: readonly Place[]): Place[] {
  if (places.length === 0) throw bad({ code: 'data-empty', file: file.path, found: 0 }, 'this file holds no rows.')
  if (places.length <= MAX_ROWS) return [...places]
  const details = { code: 'data-rows', file: file.path, where: 'rows', found: places.length, allowed: MAX_ROWS }
  throw bad(details, `this file holds ${places.length} rows, over the limit of ${MAX_ROWS}.`)
}

function arrayPlaces({ path, text }: DataFile, list?: string): Place[] {
  const value = parseStrictJson(text, { file: path, maxDepth: MAX_DEPTH, maxNodes: 4_000_000 })
  const rows = list === undefined ? value : isObject(value) ? value[list] : undefined
  if (!Array.isArray(rows)) {
    const allowed = list === undefined ? 'an array of rows' : `an object with the array "${list}"`
    throw bad({ code: 'data-type', file: path, allowed }, `this JSON must be ${allowed}.`)
  }
  return rows.map((row: JsonValue, i) => ({ where: `rows[${i}]`, value: row }))
}

const linePlaces = (file: DataFile): Place[] =>
  linesOf(file).map(({ line, text }) => ({ where: `line ${line}`, value: jsonOfLine(file.path, line, text) }))

function jsonOfLine(path: string, line: number, text: string): JsonValue {
  const where = `line ${line}`
  try {
    return parseStrictJson(text, { file: `${path}: ${where}`, maxDepth: MAX_DEPTH })
  } catch (error) {
    if (!(error instanceof HeadwiseError)) throw error
    const { code, fault, found, allowed } = error
    throw new HeadwiseError(error.message, { code, fault, file: path, where, found, allowed }, { cause: error })
  }
}

/** Rows as objects under the names of the first row; a name that stands twice is refused. */
function withHeader({ path }: DataFile, rows: readonly DelimitedRow[]): Place[] {
  const [header, ...rest] = rows
  const names = header?.cells ?? []
  const twice = names.find((n, i) => names.indexOf(n) !== i)
  if (twice !== undefined) {
    const details = { code: 'data-header', file: path, where: 'line 1', found: twice }
    throw bad(details, `the column ${JSON.stringify(twice)} stands twice in the header.`)
  }
  return rest.map(({ line, cells }) => {
    if (cells.length !== names.length) {
      const details = {
        code: 'data-cells',
        file: path,
        where: `line ${line}`,
        found: cells.length,
        allowed: names.length,
      }
      throw bad(details, `line ${line} has ${cells.length} cells where the header has ${names.length}.`)
    }
    return { where: `line ${line}`, value: Object.fromEntries(names.map((n, i) => [n, cells[i]])) }
  })
}
