/** GGUF bytes piece by piece, with no checks: what is malformed is written as it is asked for. */
export class Bytes {
  readonly #parts: Buffer[] = []
  readonly version: number

  constructor(version = 3) {
    this.version = version
  }

  raw(bytes: Uint8Array | string): this {
    this.#parts.push(Buffer.from(bytes as Uint8Array))
    return this
  }

  u8(value: number): this {
    return this.raw(Uint8Array.of(value))
  }

  u32(value: number): this {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(value >>> 0)
    return this.raw(bytes)
  }

  f32(value: number): this {
    return this.raw(new Uint8Array(Float32Array.of(value).buffer))
  }

  u64(value: bigint | number): this {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)))
    return this.raw(bytes)
  }

  /** A length or count: 32 bits in version 1, else 64. */
  size(value: bigint | number): this {
    return this.version === 1 ? this.u32(Number(value)) : this.u64(value)
  }

  text(value: string | Uint8Array): this {
    const bytes = Buffer.from(value as string)
    return this.size(bytes.length).raw(bytes)
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }
}

export const TYPE = { U8: 0, U32: 4, I32: 5, F32: 6, BOOL: 7, STRING: 8, ARRAY: 9, U64: 10, F64: 12 } as const

export type Entry = readonly [key: string | Uint8Array, write: (to: Bytes) => Bytes]
export const u32 = (key: string, value: number): Entry => [key, to => to.u32(TYPE.U32).u32(value)]
export const f32 = (key: string, value: number): Entry => [key, to => to.u32(TYPE.F32).f32(value)]
export const bool = (key: string, value: number): Entry => [key, to => to.u32(TYPE.BOOL).u8(value)]
export const text = (key: string, value: string): Entry => [key, to => to.u32(TYPE.STRING).text(value)]
export const texts = (key: string, list: readonly string[]): Entry => [
  key,
  to => list.reduce((b, s) => b.text(s), to.u32(TYPE.ARRAY).u32(TYPE.STRING).size(list.length)),
]
export const u32s = (key: string, list: readonly number[]): Entry => [
  key,
  to => list.reduce((b, n) => b.u32(n), to.u32(TYPE.ARRAY).u32(TYPE.U32).size(list.length)),
]
export const f32s = (key: string, list: readonly number[]): Entry => [
  key,
  to => list.reduce((b, n) => b.f32(n), to.u32(TYPE.ARRAY).u32(TYPE.F32).size(list.length)),
]

export interface Tensor {
  readonly name: string
  /** As the file writes them: innermost first. */
  readonly dims: readonly (number | bigint)[]
  readonly axes?: number
  readonly type?: number
  readonly offset?: number | bigint
  /** Bytes of data; a tensor of numbers gives its float32 values. */
  readonly data?: Uint8Array | Float32Array | number
}

export interface GgufParts {
  readonly magic?: string
  readonly version?: number
  readonly tensorCount?: bigint | number
  readonly keyCount?: bigint | number
  readonly entries?: readonly Entry[]
  readonly tensors?: readonly Tensor[]
  /** Border at which tensors are placed, unless they give an offset. */
  readonly alignment?: number
}

const dataOf = ({ data, dims }: Tensor): Uint8Array => {
  if (data instanceof Float32Array) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  if (data instanceof Uint8Array) return data
  return new Uint8Array(data ?? 4 * dims.reduce<number>((n, d) => n * Number(d), 1))
}

/** A whole GGUF file; what is not given is as a healthy writer would have it. */
export function gguf(parts: GgufParts = {}): Buffer {
  const { version = 3, entries = [text('general.architecture', 'llama')], tensors = [], alignment = 32 } = parts
  const head = new Bytes(version).raw(parts.magic ?? 'GGUF').u32(version)
  head.size(parts.tensorCount ?? tensors.length).size(parts.keyCount ?? entries.length)
  for (const [key, write] of entries) write(head.text(key))
  let at = 0
  const data: Uint8Array[] = []
  for (const tensor of tensors) {
    const bytes = dataOf(tensor)
    head.text(tensor.name).u32(tensor.axes ?? tensor.dims.length)
    for (const d of tensor.dims) head.size(d)
    head.u32(tensor.type ?? 0).u64(tensor.offset ?? at)
    const padded = Math.ceil(bytes.length / alignment) * alignment
    data.push(bytes, new Uint8Array(padded - bytes.length))
    at += padded
  }
  const size = head.bytes().length
  return Buffer.concat([head.bytes(), new Uint8Array(Math.ceil(size / alignment) * alignment - size), ...data])
}
