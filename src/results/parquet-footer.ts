import { type FileMetaData, parquetMetadata } from 'hyparquet'
import { bad } from '../checkpoint/fault.ts'
import type { HeadwiseError } from '../words/error.ts'

const MAX_FOOTER = 2 ** 16
const MAX_DEPTH = 16
/** "PAR1" at both ends, and the length of the footer. */
const FRAME = 12
const MAGIC = 'PAR1'

// Types of Thrift's compact protocol.
const [BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, STRUCT] = [3, 4, 5, 6, 7, 8, 9, 12]

const refuse = (file: string, where: string, found: unknown, why: string): HeadwiseError =>
  bad({ code: 'parquet', file, where, found }, `${why}.`)

/** Walks over Thrift bytes and builds nothing: sizes are compared with the bytes that are there, depth with a limit. */
class Walk {
  #at = 0
  readonly #bytes: Uint8Array
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw new RangeError('ends too early')
    return byte
  }

  #varint(): number {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte()
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return Number(value)
    }
    throw new RangeError('holds a number of more than 64 bits')
  }

  #skip(count: number): void {
    if (count > this.#bytes.length - this.#at) throw new RangeError(`states ${count} bytes where fewer are left`)
    this.#at += count
  }

  #value(type: number, depth: number): void {
    if (depth > MAX_DEPTH) throw new RangeError(`is nested more than ${MAX_DEPTH} levels deep`)
    if (type === BYTE) this.#skip(1)
    else if (type === I16 || type === I32 || type === I64) this.#varint()
    else if (type === DOUBLE) this.#skip(8)
    else if (type === BINARY) this.#skip(this.#varint())
    else if (type === LIST) this.#list(depth)
    else if (type === STRUCT) this.struct(depth + 1)
    else throw new RangeError(`holds the unknown type ${type}`)
  }

  #list(depth: number): void {
    const head = this.#byte()
    const [short, type] = [head >> 4, head & 0x0f]
    const count = short === 15 ? this.#varint() : short
    // Every element takes a byte or more.
    if (count > this.#bytes.length - this.#at)
      throw new RangeError(`states a list of ${count} where fewer bytes are left`)
    for (let i = 0; i < count; i++) type <= 2 ? this.#skip(1) : this.#value(type, depth + 1)
  }

  struct(depth = 0): void {
    for (let head = this.#byte(); head !== 0; head = this.#byte()) {
      const type = head & 0x0f
      if (head >> 4 === 0) this.#varint()
      if (type > 2) this.#value(type, depth)
    }
  }
}

/**
 * What the footer of a Parquet file says, after its bytes were judged: a footer of at most 64 KiB, no list or text
 * longer than the bytes that are left, at most 16 levels. Throws `parquet` with one sentence for anything else.
 */
export function readFooter(bytes: Uint8Array, file: string): FileMetaData {
  if (bytes.length === 0) throw refuse(file, 'size', 0, 'the file is empty')
  const magic = new TextDecoder('latin1').decode(bytes.subarray(-4))
  if (bytes.length < FRAME || magic !== MAGIC)
    throw refuse(file, 'footer', magic, 'it has no footer: its end was never written')
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 8, true)
  if (length > bytes.length - FRAME || length > MAX_FOOTER)
    throw refuse(
      file,
      'footer',
      length,
      `its footer states a length of ${length} bytes, of ${bytes.length} in the file`,
    )
  try {
    new Walk(bytes.subarray(bytes.length - 8 - length, bytes.length - 8)).struct()
    return parquetMetadata(bytes, { geoparquet: false })
  } catch (error) {
    const why = error instanceof RangeError ? error.message : 'misses what a footer must hold'
    throw refuse(file, 'footer', why, `its footer ${why}`)
  }
}
