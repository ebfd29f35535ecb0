import { isUtf8 } from 'node:buffer'
import { bad } from './fault.ts'
import type { RegularFile } from './files.ts'
import { VALUE, VALUE_BYTES } from './gguf-types.ts'

const WINDOW = 2 ** 20
/** A header is judged within 256 MiB of memory; vocabularies of a million tokens stay below this. */
const HEADER_LIMIT = 64 * 2 ** 20

/**
 * Reads little-endian values one after another through a window on the file. Every length is compared with the bytes
 * that are left before it sizes anything; 64-bit lengths stay BigInt until then.
 */
export class GgufReader {
  readonly path: string
  /** Version 1 wrote lengths and counts in 32 bits, later ones in 64. */
  wide = true
  readonly #file: RegularFile
  readonly #end: number
  #window: Buffer = Buffer.alloc(0)
  #start = 0
  #at = 0

  constructor(file: RegularFile) {
    this.#file = file
    this.path = file.path
    this.#end = Math.min(file.size, HEADER_LIMIT)
  }

  get position(): number {
    return this.#start + this.#at
  }

  /** Bytes from here to the end of the file, or to the limit for headers. */
  get left(): number {
    return this.#end - this.position
  }

  /** Who sets the end: the file, or our limit. */
  get #room(): string {
    const limited = this.#end < this.#file.size
    return limited ? `headwise's limit of ${HEADER_LIMIT} bytes for a header leaves` : 'the file has'
  }

  /** Makes `n` bytes readable, moves past them, and returns where in the window they begin. */
  #take(n: number, what: string): number {
    if (this.#at + n > this.#window.length) {
      const position = this.position
      if (n > this.left) {
        const details = {
          code: 'gguf-past-end',
          file: this.path,
          where: `byte ${position}`,
          found: n,
          allowed: this.left,
        }
        throw bad(
          details,
          `${what} at byte ${position} needs ${n} bytes, but ${this.#room} ${this.left} (it was cut, or the header lies).`,
        )
      }
      this.#window = this.#file.bytes(position, Math.min(Math.max(n, WINDOW), this.#end - position))
      this.#start = position
      this.#at = 0
    }
    const at = this.#at
    this.#at += n
    return at
  }

  /** One value of a fixed-size type; 64-bit integers come as BigInt, a BOOL must be 0 or 1. */
  scalar(type: number, what: string): number | bigint | boolean {
    const at = this.#take(VALUE_BYTES[type] ?? 0, what)
    const bytes = this.#window
    switch (type) {
      case VALUE.U8:
        return bytes.readUInt8(at)
      case VALUE.I8:
        return bytes.readInt8(at)
      case VALUE.U16:
        return bytes.readUInt16LE(at)
      case VALUE.I16:
        return bytes.readInt16LE(at)
      case VALUE.U32:
        return bytes.readUInt32LE(at)
      case VALUE.I32:
        return bytes.readInt32LE(at)
      case VALUE.F32:
        return bytes.readFloatLE(at)
      case VALUE.F64:
        return bytes.readDoubleLE(at)
      case VALUE.U64:
        return bytes.readBigUInt64LE(at)
      case VALUE.I64:
        return bytes.readBigInt64LE(at)
      default:
        return this.#bool(bytes.readUInt8(at), what)
    }
  }

  #bool(byte: number, what: string): boolean {
    if (byte <= 1) return byte === 1
    const where = `byte ${this.position - 1}`
    const details = { code: 'gguf-bool', file: this.path, where, found: byte, allowed: '0 or 1' }
    throw bad(details, `${what} at ${where} is the BOOL ${byte}; allowed are 0 and 1.`)
  }

  u32(what: string): number {
    const at = this.#take(4, what)
    return this.#window.readUInt32LE(at)
  }

  u64(what: string): bigint {
    const at = this.#take(8, what)
    return this.#window.readBigUInt64LE(at)
  }

  /** A count of things that take at least `unit` bytes each, so that no more can be stated than there is room for. */
  count(what: string, unit: number, limit = Number.MAX_SAFE_INTEGER): number {
    const at = this.position
    const found = this.wide ? this.u64(what) : BigInt(this.u32(what))
    const room = Math.floor(this.left / unit)
    const details = { file: this.path, where: `${what}, byte ${at}`, found }
    if (found > BigInt(room))
      throw bad(
        { ...details, code: 'gguf-count', allowed: room },
        `${what} at byte ${at} is ${found}, but ${this.#room} room for ${room} at most.`,
      )
    if (found > BigInt(limit))
      throw bad(
        { ...details, code: 'gguf-limit', allowed: limit },
        `${what} at byte ${at} is ${found}, over headwise's limit of ${limit}.`,
      )
    return Number(found)
  }

  /** A copy of the next `n` bytes. */
  copy(n: number, what: string): ArrayBuffer {
    const at = this.#take(n, what)
    const copy = new Uint8Array(n)
    copy.set(this.#window.subarray(at, at + n))
    return copy.buffer
  }

  /** The length of a string; the ordinary case without BigInt, for vocabularies hold 100,000 of them. */
  #length(what: string): number {
    if (this.wide && this.left >= 8) {
      const at = this.#take(8, what)
      const low = this.#window.readUInt32LE(at)
      if (this.#window.readUInt32LE(at + 4) === 0 && low <= this.left) return low
      this.#at -= 8
    }
    return this.count(`the length of ${what}`, 1)
  }

  string(what: string): string {
    const n = this.#length(what)
    const at = this.#take(n, what)
    const text = this.#window.toString('utf8', at, at + n)
    // The decoder writes U+FFFD for what is not UTF-8, but a text may also hold that character itself.
    if (text.includes('\ufffd') && !isUtf8(this.#window.subarray(at, at + n))) {
      const where = `byte ${this.position - n}`
      const details = { code: 'gguf-utf8', file: this.path, where, found: text.slice(0, 100), allowed: 'UTF-8' }
      throw bad(details, `${what} at ${where} is not UTF-8.`)
    }
    return text
  }
}
