/** The wire format of Protocol Buffers, written without asking whether it makes sense. */
export function varint(value: bigint | number): Buffer {
  let rest = BigInt.asUintN(64, BigInt(value))
  const bytes: number[] = []
  do {
    bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0))
    rest >>= 7n
  } while (rest > 0n)
  return Buffer.from(bytes)
}
export const tag = (number: number, wire: number): Buffer => varint((BigInt(number) << 3n) | BigInt(wire))
export const number = (field: number, value: bigint | number): Buffer => Buffer.concat([tag(field, 0), varint(value)])
export const bytes = (field: number, content: Uint8Array | string): Buffer => {
  const inside = Buffer.from(content)
  return Buffer.concat([tag(field, 2), varint(inside.length), inside])
}
export const message = (field: number, ...parts: readonly Uint8Array[]): Buffer => bytes(field, Buffer.concat(parts))

export interface TensorParts {
  readonly name?: string
  readonly dims?: readonly (bigint | number)[]
  readonly type?: number
  readonly raw?: Uint8Array
  /** `external_data` in order; sets data_location unless that is given. */
  readonly external?: readonly (readonly [string, string])[]
  readonly location?: number
  readonly more?: readonly Uint8Array[]
}

/** The content of a TensorProto: float32 [4], unless its parts say otherwise. */
export function tensor(parts: TensorParts = {}): Buffer {
  const { name = 'w', dims = [4], type = 1, external, raw, location = external && 1, more = [] } = parts
  return Buffer.concat([
    ...dims.map(d => number(1, d)),
    number(2, type),
    bytes(8, name),
    ...(raw ? [bytes(9, raw)] : []),
    ...(external ?? []).map(([key, value]) => message(13, bytes(1, key), bytes(2, value))),
    ...(location === undefined ? [] : [number(14, location)]),
    ...more,
  ])
}
export const raw = (length: number): Buffer => Buffer.alloc(length)

/** A model whose graph has these fields. */
export const model = (...graph: readonly Uint8Array[]): Buffer =>
  Buffer.concat([number(1, 10), message(7, ...graph, bytes(2, 'g')), message(8, number(2, 21))])
/** A model with one initializer. */
export const weight = (parts: TensorParts = {}): Buffer => model(bytes(5, tensor(parts)))
/** A node with one attribute. */
export const node = (...attribute: readonly Uint8Array[]): Buffer =>
  message(1, bytes(4, 'Constant'), message(5, bytes(1, 'value'), ...attribute))
