import { bad } from './fault.ts'
import type { StoredTensor } from './tensors.ts'

/** How the elements of one type become float32. `decode` fills `out` from bytes that begin at a block. */
export interface Codec {
  /** Elements in one block; a piece of a tensor must be whole blocks. */
  readonly block: number
  /** Bytes of one block. */
  readonly bytes: number
  decode(bytes: Uint8Array, out: Float32Array): void
}

let halves: Float32Array | undefined
/** The value of every float16 by its bits. */
function halfTable(): Float32Array {
  if (halves !== undefined) return halves
  halves = new Float32Array(65_536)
  for (let bits = 0; bits < 65_536; bits++) {
    const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023]
    const size =
      exponent === 0 ? fraction * 2 ** -24 : exponent < 31 ? (1 + fraction / 1024) * 2 ** (exponent - 15) : 1 / 0
    halves[bits] = exponent === 31 && fraction !== 0 ? Number.NaN : sign * size
  }
  return halves
}

type View<T> = { new (buffer: ArrayBufferLike, offset: number, length: number): T; readonly BYTES_PER_ELEMENT: number }
/** The bytes as wider elements, copied only where they do not lie at a multiple of the element's size. */
function view<T>(of: View<T>, bytes: Uint8Array): T {
  const { buffer, byteOffset } = bytes.byteOffset % of.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice()
  return new of(buffer, byteOffset, bytes.length / of.BYTES_PER_ELEMENT)
}

type Numbers = { readonly length: number; readonly [i: number]: number }
/** Types whose value is the number itself, rounded to float32. */
const plain = (of: View<Numbers>): Codec => ({
  block: 1,
  bytes: of.BYTES_PER_ELEMENT,
  decode(bytes, out) {
    const from = view(of, bytes)
    for (let i = 0; i < out.length; i++) out[i] = from[i]!
  },
})

const float32: Codec = { block: 1, bytes: 4, decode: (bytes, out) => out.set(view(Float32Array, bytes)) }

const float16: Codec = {
  block: 1,
  bytes: 2,
  decode(bytes, out) {
    const [from, table] = [view(Uint16Array, bytes), halfTable()]
    for (let i = 0; i < out.length; i++) out[i] = table[from[i]!]!
  },
}

/** The upper half of a float32. */
const bfloat16: Codec = {
  block: 1,
  bytes: 2,
  decode(bytes, out) {
    const from = view(Uint16Array, bytes)
    const bits = new Uint32Array(out.buffer, out.byteOffset, out.length)
    for (let i = 0; i < bits.length; i++) bits[i] = from[i]! << 16
  },
}

const BLOCK = 32
const HALF_BLOCK = BLOCK / 2

/** Blocks of a float16 scale and 32 signed bytes: scale · q. */
const q8_0: Codec = {
  block: BLOCK,
  bytes: 34,
  decode(bytes, out) {
    const [table, signed] = [halfTable(), new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)]
    for (let i = 0, at = 0; i < out.length; i += BLOCK, at += 34) {
      const scale = table[bytes[at]! | (bytes[at + 1]! << 8)]!
      for (let j = 0; j < BLOCK; j++) out[i + j] = scale * signed[at + 2 + j]!
    }
  },
}

/** Blocks of a float16 scale and 32 four-bit numbers, low halves of the bytes first: scale · (q − 8). */
const q4_0: Codec = {
  block: BLOCK,
  bytes: 18,
  decode(bytes, out) {
    const table = halfTable()
    for (let i = 0, at = 0; i < out.length; i += BLOCK, at += 18) {
      const scale = table[bytes[at]! | (bytes[at + 1]! << 8)]!
      for (let j = 0; j < HALF_BLOCK; j++) {
        const pair = bytes[at + 2 + j]!
        out[i + j] = scale * ((pair & 15) - 8)
        out[i + j + HALF_BLOCK] = scale * ((pair >> 4) - 8)
      }
    }
  },
}

/**
 * As Q4_0 with a float16 minimum: scale · q + minimum. The sum of two such products is exact in a double, so that
 * rounding once to float32 gives what gguf-py's float32 arithmetic gives.
 */
const q4_1: Codec = {
  block: BLOCK,
  bytes: 20,
  decode(bytes, out) {
    const table = halfTable()
    for (let i = 0, at = 0; i < out.length; i += BLOCK, at += 20) {
      const scale = table[bytes[at]! | (bytes[at + 1]! << 8)]!
      const minimum = table[bytes[at + 2]! | (bytes[at + 3]! << 8)]!
      for (let j = 0; j < HALF_BLOCK; j++) {
        const pair = bytes[at + 4 + j]!
        out[i + j] = scale * (pair & 15) + minimum
        out[i + j + HALF_BLOCK] = scale * (pair >> 4) + minimum
      }
    }
  },
}

const CODECS: ReadonlyMap<string, Codec> = new Map([
  ['F32', float32],
  ['F16', float16],
  ['BF16', bfloat16],
  ['F64', plain(Float64Array)],
  ['I8', plain(Int8Array)],
  ['I16', plain(Int16Array)],
  ['I32', plain(Int32Array)],
  ['U8', plain(Uint8Array)],
  ['Q8_0', q8_0],
  ['Q4_0', q4_0],
  ['Q4_1', q4_1],
])

/** The codec of a tensor's type, or an error that names the types which can be weights. */
export function codecOf({ name, dtype, file }: StoredTensor): Codec {
  const codec = CODECS.get(dtype)
  if (codec !== undefined) return codec
  const allowed = [...CODECS.keys()].join(', ')
  throw bad(
    { code: 'weight-type', file, where: name, found: dtype, allowed },
    `tensor "${name}" is of type ${dtype}, which cannot be read as weights; readable are ${allowed}.`,
  )
}
