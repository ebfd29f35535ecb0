/** Bytes of a safetensors file: a header (text as it is, anything else as JSON) and data, or that many zeros. */
export function safetensors(header: unknown, data: number | Uint8Array = 0, length?: bigint): Buffer {
  const json = Buffer.isBuffer(header)
    ? header
    : Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(length ?? BigInt(json.length))
  return Buffer.concat([size, json, typeof data === 'number' ? Buffer.alloc(data) : data])
}

export interface Weight {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** A file of float32 tensors in the order given. */
export function weightsFile(weights: Readonly<Record<string, Weight>>): Buffer {
  let at = 0
  const header = Object.fromEntries(
    Object.entries(weights).map(([name, { shape, data }]) => {
      at += data.byteLength
      return [name, { dtype: 'F32', shape, data_offsets: [at - data.byteLength, at] }]
    }),
  )
  const bytes = Object.values(weights).map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  const text = JSON.stringify(header)
  // As the format's own writers do: the data begin at a multiple of 8.
  return safetensors(text.padEnd(Math.ceil(text.length / 8) * 8), Buffer.concat(bytes))
}
