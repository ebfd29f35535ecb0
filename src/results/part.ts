import { createHash } from 'node:crypto'
import type { FileMetaData } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { bad } from '../checkpoint/fault.ts'
import { HeadwiseError } from '../words/error.ts'
import { readFooter } from './parquet-footer.ts'
import type { Rows } from './rows.ts'

/** Which part of which computation some rows are. */
export interface PartName {
  /** The hash of the spec. */
  readonly spec: string
  readonly part: number
}

const COLUMNS = [
  { name: 'run', type: 'INT32', width: 4 },
  { name: 'sample', type: 'INT32', width: 4 },
  { name: 'value', type: 'DOUBLE', width: 8 },
] as const
/** The columns of every part, as a manifest states them. */
export const PART_COLUMNS: readonly string[] = COLUMNS.map(c => `${c.name} ${c.type}`)
const ROW_BYTES = COLUMNS.reduce((n, c) => n + c.width, 0)
/** The largest part that is read, and so the largest that is written. */
export const MAX_PART_BYTES = 2 ** 26

const bytesOf = (a: Int32Array | Float64Array): Uint8Array => new Uint8Array(a.buffer, a.byteOffset, a.byteLength)

const hashOf = (rows: Rows): string =>
  COLUMNS.reduce((hash, { name }) => hash.update(bytesOf(rows[name])), createHash('sha256')).digest('hex')

/**
 * The rows as one Parquet file: plain, uncompressed columns in one row group, the part's name and the SHA-256 of the
 * columns in its metadata. Equal rows and names give equal bytes.
 */
export function encodePart(rows: Rows, { spec, part }: PartName): Uint8Array {
  const columnData = COLUMNS.map(({ name, type }) => ({
    name,
    type,
    data: rows[name],
    nullable: false,
    encoding: 'PLAIN' as const,
    codec: 'UNCOMPRESSED' as const,
    statistics: false,
    offsetIndex: false,
  }))
  const kvMetadata = [
    { key: 'headwise.spec', value: spec },
    { key: 'headwise.part', value: String(part) },
    { key: 'headwise.sha256', value: hashOf(rows) },
  ]
  const whole = { rowGroupSize: Math.max(1, rows.run.length), pageSize: MAX_PART_BYTES }
  return new Uint8Array(
    parquetWriteBuffer({
      columnData,
      kvMetadata,
      ...whole,
      codec: 'UNCOMPRESSED',
      statistics: false,
      createdBy: 'headwise',
    }),
  )
}

const refuse = (file: string, where: string, found: unknown, allowed: unknown): HeadwiseError =>
  bad({ code: 'part', file, where, found, allowed }, `${where} is ${String(found)}, and must be ${String(allowed)}.`)

/** The number of rows, once the footer fits the bytes and the name. */
function judge(footer: FileMetaData, size: number, { spec, part }: PartName, file: string): number {
  const known = new Map(footer.key_value_metadata?.map(({ key, value }) => [key, value]))
  const must = (where: string, found: unknown, allowed: unknown): void => {
    if (found !== allowed) throw refuse(file, where, found, allowed)
  }
  must('its spec hash', known.get('headwise.spec'), spec)
  must('its number', known.get('headwise.part'), String(part))
  const [root, ...columns] = footer.schema
  must('the number of its columns', columns.length, COLUMNS.length)
  must('the number of its columns', root?.num_children, COLUMNS.length)
  for (const [i, { name, type }] of COLUMNS.entries()) {
    const { name: found, type: kind, repetition_type: repetition } = columns[i]!
    must(`column ${i}`, `${repetition} ${kind} ${found}`, `REQUIRED ${type} ${name}`)
  }
  must('the number of its row groups', footer.row_groups.length, 1)
  const rows = footer.num_rows
  if (rows < 0n || rows * BigInt(ROW_BYTES) > BigInt(size))
    throw refuse(
      file,
      'the number of its rows',
      rows,
      `at most ${Math.floor(size / ROW_BYTES)}, for which there are bytes`,
    )
  must('the number of rows in its group', footer.row_groups[0]!.num_rows, rows)
  return Number(rows)
}

/** The bytes of one column's values: the end of its only page. */
function columnBytes(bytes: Uint8Array, footer: FileMetaData, column: number, rows: number, file: string): Uint8Array {
  const { name, width } = COLUMNS[column]!
  const meta = footer.row_groups[0]!.columns[column]?.meta_data
  const plain =
    meta?.codec === 'UNCOMPRESSED' && meta.encodings.every(e => e === 'PLAIN') && !meta.dictionary_page_offset
  if (!meta || !plain) throw refuse(file, `the form of ${name}`, meta?.codec, 'plain and uncompressed')
  const end = meta.data_page_offset + meta.total_compressed_size
  const values = BigInt(width * rows)
  if (
    meta.num_values !== BigInt(rows) ||
    meta.total_compressed_size < values ||
    end < values ||
    end > BigInt(bytes.length)
  )
    throw refuse(
      file,
      `the extent of ${name}`,
      `${meta.num_values} values up to byte ${end}`,
      `${rows} values in the file`,
    )
  // A copy of its own, so that its buffer holds nothing else and is aligned.
  return new Uint8Array(bytes.subarray(Number(end - values), Number(end)))
}

/**
 * The rows of a part. Everything that the file states is compared with its bytes before it sizes anything, and the
 * columns with their SHA-256. Throws `parquet` or `part`, with one sentence, for what is not exactly this part.
 */
export function decodePart(bytes: Uint8Array, name: PartName, file: string): Rows {
  if (bytes.length > MAX_PART_BYTES) throw refuse(file, 'its size', bytes.length, `at most ${MAX_PART_BYTES}`)
  const footer = readFooter(bytes, file)
  try {
    return read(bytes, footer, name, file)
  } catch (error) {
    if (error instanceof HeadwiseError) throw error
    // The footer's types are not checked by its reader: a text where a number belongs, say.
    throw refuse(file, 'its footer', String(error), 'one of a part')
  }
}

function read(bytes: Uint8Array, footer: FileMetaData, name: PartName, file: string): Rows {
  const count = judge(footer, bytes.length, name, file)
  const [run, sample, value] = COLUMNS.map((_, i) => columnBytes(bytes, footer, i, count, file).buffer as ArrayBuffer)
  const rows = { run: new Int32Array(run!), sample: new Int32Array(sample!), value: new Float64Array(value!) }
  const stated = footer.key_value_metadata?.find(({ key }) => key === 'headwise.sha256')?.value
  const found = hashOf(rows)
  if (found !== stated) throw refuse(file, 'the SHA-256 of its columns', found, stated)
  return rows
}
