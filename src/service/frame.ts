import type { DType } from '../words/arrays.ts'
import { HeadwiseError } from '../words/error.ts'

/**
 * A value with typed arrays as one run of bytes: the length of the header (uint32, little-endian), the header (JSON,
 * UTF-8, padded with spaces so that what follows begins at a multiple of 8), then the arrays, each at a multiple of 8.
 * In the header `{"$array": [type, offset, length]}` stands for an array; offsets count from the end of the header.
 */

const TYPES = { f32: Float32Array, i32: Int32Array, bool: Uint8Array } as const satisfies Record<DType, unknown>
type Typed = Float32Array | Int32Array | Uint8Array

const ALIGN = 8
const padded = (n: number): number => Math.ceil(n / ALIGN) * ALIGN
const typeOf = (a: Typed): DType => (a instanceof Float32Array ? 'f32' : a instanceof Int32Array ? 'i32' : 'bool')
const isTyped = (v: unknown): v is Typed =>
  v instanceof Float32Array || v instanceof Int32Array || v instanceof Uint8Array

/** Numbers that JSON lacks keep their type. */
const cell = (v: number): unknown => (Number.isFinite(v) ? v : { $number: String(v) })

/** The bytes of a value. */
export function encodeFrame(value: unknown): Uint8Array<ArrayBuffer> {
  const arrays: { readonly array: Typed; readonly offset: number }[] = []
  let end = 0
  const plain = (v: unknown): unknown => {
    if (isTyped(v)) {
      const offset = end
      arrays.push({ array: v, offset })
      end = padded(end + v.byteLength)
      return { $array: [typeOf(v), offset, v.length] }
    }
    if (typeof v === 'number') return cell(v)
    if (Array.isArray(v)) return v.map(plain)
    if (v === null || typeof v !== 'object') return v
    return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, plain(x)]))
  }
  const header = new TextEncoder().encode(JSON.stringify(plain(value)))
  const start = padded(4 + header.length)
  const bytes = new Uint8Array(start + end)
  bytes.fill(0x20, 4, start)
  new DataView(bytes.buffer).setUint32(0, start - 4, true)
  bytes.set(header, 4)
  for (const { array, offset } of arrays)
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), start + offset)
  return bytes
}

const broken = (found: string): HeadwiseError =>
  new HeadwiseError(`The answer is not what the server sends (${found}); reload the page.`, {
    code: 'frame',
    fault: 'failed',
    found,
  })

/** The value of the bytes; arrays are views of them. Throws `frame` for bytes that no `encodeFrame` made. */
export function decodeFrame(bytes: Uint8Array<ArrayBuffer>): unknown {
  if (bytes.byteLength < 4) throw broken('too short')
  const own = bytes.byteOffset % ALIGN === 0 ? bytes : bytes.slice()
  const start = 4 + new DataView(own.buffer, own.byteOffset).getUint32(0, true)
  if (start > own.byteLength) throw broken('a header that is cut')
  const array = (type: DType, offset: number, length: number): Typed => {
    const Type = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined
    if (!Type || !(offset >= 0) || !(length >= 0) || start + offset + length * Type.BYTES_PER_ELEMENT > own.byteLength)
      throw broken('an array that is cut')
    return new Type(own.buffer, own.byteOffset + start + offset, length)
  }
  return parsed(own.subarray(4, start), array)
}

function parsed(json: Uint8Array, array: (type: DType, offset: number, length: number) => Typed): unknown {
  const revive = (_key: string, v: unknown): unknown => {
    if (v === null || typeof v !== 'object') return v
    if ('$number' in v) return Number(v.$number)
    return '$array' in v ? array(...(v.$array as [DType, number, number])) : v
  }
  try {
    return JSON.parse(new TextDecoder().decode(json), revive)
  } catch (error) {
    throw error instanceof HeadwiseError ? error : broken('no JSON')
  }
}

export const FRAME_TYPE = 'application/octet-stream'
export const JSON_TYPE = 'application/json'

/** An answer on its way: plain JSON where there is no array in it, else a frame. */
export interface Answer {
  readonly type: typeof FRAME_TYPE | typeof JSON_TYPE
  readonly bytes: Uint8Array<ArrayBuffer>
}

const holdsArray = (v: unknown): boolean =>
  isTyped(v) ||
  (Array.isArray(v) ? v.some(holdsArray) : v !== null && typeof v === 'object' && Object.values(v).some(holdsArray))

export function encodeAnswer(value: unknown): Answer {
  if (holdsArray(value)) return { type: FRAME_TYPE, bytes: encodeFrame(value) }
  const text = JSON.stringify(value, (_key, v: unknown) => (typeof v === 'number' ? cell(v) : v))
  return { type: JSON_TYPE, bytes: new TextEncoder().encode(text) }
}

export const decodeAnswer = (type: string, bytes: Uint8Array<ArrayBuffer>): unknown =>
  type.startsWith(JSON_TYPE)
    ? parsed(bytes, () => {
        throw broken('an array without a frame')
      })
    : decodeFrame(bytes)
