import { bad } from './fault.ts'
import type { RegularFile } from './files.ts'

const WINDOW = 2 ** 16
/** Protobuf's own end of a message. */
const MAX_BYTES = 2 ** 31 - 1
/** Messages within messages, as Google's readers have it. */
const MAX_DEPTH = 100
/** Fields and packed numbers that are looked at within two seconds. */
const MAX_FIELDS = 1_000_000
/** Bytes of one text, and of all texts that are read: names are kept. */
const MAX_TEXT = 65_535
const MAX_TEXTS = 32 * 2 ** 20
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const WIRES = ['varint', 'fixed64', 'bytes', undefined, undefined, 'fixed32'] as const
export type Wire = Exclude<(typeof WIRES)[number], undefined>

/** The bytes [start, end) of a file, within `depth` messages. */
export interface Span {
  readonly start: number
  readonly end: number
  readonly depth: number
}
/** One field of a message; the span is that of its content. */
export interface Field extends Span {
  readonly number: number
  readonly wire: Wire
  /** The number of a varint, unsigned 64 bits; 0 for the other wire types. */
  readonly value: bigint
}

/**
 * Walks the wire format of Protocol Buffers (protobuf.dev/programming-guides/encoding) through a window on a file, so
 * that weights between the fields are passed over unread. Every length is compared with the bytes of the message it
 * stands in; groups, which ended with proto2, and the unassigned wire types 6 and 7 are refused.
 */
export class ProtobufFile {
  readonly path: string
  readonly #file: RegularFile
  #window: Uint8Array = new Uint8Array(0)
  #from = 0
  #at = 0
  #seen = 0
  #read = 0

  constructor(file: RegularFile) {
    this.path = file.path
    this.#file = file
    if (file.size > MAX_BYTES) {
      const details = { code: 'protobuf-size', file: file.path, where: 'size', found: file.size, allowed: MAX_BYTES }
      throw bad(details, `the file is ${file.size} bytes long; a Protobuf message ends at ${MAX_BYTES} bytes.`)
    }
  }

  get whole(): Span {
    return { start: 0, end: this.#file.size, depth: 0 }
  }

  /** The fields of one message in the order of the file. */
  *fields({ start, end, depth }: Span): Generator<Field> {
    if (depth > MAX_DEPTH) {
      const details = { code: 'protobuf-depth', where: `byte ${start}`, found: depth, allowed: MAX_DEPTH }
      throw this.#bad(details, `messages are nested more than ${MAX_DEPTH} deep at byte ${start}.`)
    }
    for (let at = start; at < end; ) {
      this.#count(at)
      const tag = this.#varint(at, end)
      const number = Number(tag >> 3n)
      if (number < 1 || number >= 2 ** 29) {
        const details = { code: 'protobuf-field', where: `byte ${at}`, found: number, allowed: '1 to 536870911' }
        throw this.#bad(details, `the field at byte ${at} has the number ${number}; allowed are 1 to 536870911.`)
      }
      const type = Number(tag & 7n)
      const wire = WIRES[type]
      if (wire === undefined) {
        const details = { code: 'protobuf-wire-type', where: `byte ${at}`, found: type, allowed: [0, 1, 2, 5] }
        throw this.#bad(details, `field ${number} at byte ${at} has the wire type ${type}; allowed are 0, 1, 2 and 5.`)
      }
      let from = this.#at
      let value = 0n
      let length = wire === 'fixed64' ? 8 : 4
      if (wire === 'varint') {
        value = this.#varint(from, end)
        length = this.#at - from
      } else {
        const stated = wire === 'bytes' ? this.#varint(from, end) : BigInt(length)
        from = this.#at
        if (stated > BigInt(end - from)) {
          const details = { code: 'protobuf-length', where: `byte ${at}`, found: stated, allowed: end - from }
          const room = `its message has ${end - from} left`
          throw this.#bad(details, `field ${number} at byte ${at} says that it is ${stated} bytes long, but ${room}.`)
        }
        length = Number(stated)
      }
      at = from + length
      yield { number, wire, value, start: from, end: at, depth: depth + 1 }
    }
  }

  /** The numbers of a packed field, unsigned 64 bits. */
  *varints({ start, end }: Span): Generator<bigint> {
    for (let at = start; at < end; at = this.#at) {
      this.#count(at)
      yield this.#varint(at, end)
    }
  }

  text({ start, end }: Span): string {
    this.#read += end - start
    for (const [found, allowed, what] of [
      [end - start, MAX_TEXT, `the text at byte ${start} is`],
      [this.#read, MAX_TEXTS, `the texts up to byte ${end} are together`],
    ] as const) {
      if (found <= allowed) continue
      const details = { code: 'protobuf-text', where: `byte ${start}`, found, allowed }
      throw this.#bad(details, `${what} ${found} bytes long, over the limit of ${allowed}.`)
    }
    try {
      return UTF8.decode(this.#bytes(start, end))
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      const details = { code: 'protobuf-text', where: `byte ${start}`, found: 'other bytes', allowed: 'UTF-8' }
      throw this.#bad(details, `the text at byte ${start} is not valid UTF-8.`)
    }
  }

  /** The unsigned 64-bit number at `at`; leaves the cursor behind it. */
  #varint(at: number, end: number): bigint {
    // Seven bytes hold 49 bits, exact in a double; BigInt arithmetic on every byte would cost several times as much.
    let low = 0
    let high = 0n
    for (let i = 0; i < 10 && at + i < end; i++) {
      const offset = at + i - this.#from
      const byte = (offset < 0 ? undefined : this.#window[offset]) ?? this.#bytes(at + i, at + i + 1)[0] ?? 0
      if (i < 7) low += (byte & 127) * 2 ** (7 * i)
      else high += BigInt(byte & 127) << BigInt(7 * i)
      if (byte > 127) continue
      if (i === 9 && byte > 1) break
      this.#at = at + i + 1
      return high === 0n ? BigInt(low) : high + BigInt(low)
    }
    const room = Math.min(10, end - at)
    const details = { code: 'protobuf-varint', where: `byte ${at}`, found: room, allowed: 'at most 64 bits' }
    throw this.#bad(details, `the number at byte ${at} does not end within its message and 64 bits.`)
  }

  /** At most a window's length of bytes that the file has. */
  #bytes(start: number, end: number): Uint8Array {
    if (start < this.#from || end > this.#from + this.#window.length) {
      this.#window = this.#file.bytes(start, Math.min(WINDOW, this.#file.size - start))
      this.#from = start
    }
    return this.#window.subarray(start - this.#from, end - this.#from)
  }

  #count(at: number): void {
    this.#seen++
    if (this.#seen <= MAX_FIELDS) return
    const details = { code: 'protobuf-limit', where: `byte ${at}`, found: this.#seen, allowed: MAX_FIELDS }
    throw this.#bad(details, `more than ${MAX_FIELDS} fields and packed numbers stand before byte ${at}.`)
  }

  #bad(details: Omit<Parameters<typeof bad>[0], 'file'>, sentence: string): Error {
    return bad({ ...details, file: this.path }, sentence)
  }
}
