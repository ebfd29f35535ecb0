/** A tensor as a file holds it. Shapes are row-major, outermost axis first, whatever the format writes. */
export interface StoredTensor {
  readonly name: string
  /** `F32`, `F16`, `BF16`, `I8`, … of safetensors, or the name of a GGML type such as `Q4_1`. */
  readonly dtype: string
  readonly shape: readonly number[]
  /** The file as it was named. */
  readonly file: string
  /** First byte in `file`. */
  readonly offset: number
  readonly bytes: number
}

/** The judged header of one weight file. */
export interface TensorFile {
  readonly file: string
  /** Size of the file. */
  readonly bytes: number
  readonly tensors: ReadonlyMap<string, StoredTensor>
  readonly metadata: ReadonlyMap<string, string>
}

/** Product of a shape, or undefined where it is not exact in a double. */
export function elements(shape: readonly number[]): number | undefined {
  if (shape.includes(0)) return 0
  let product = 1
  for (const d of shape) {
    product *= d
    if (product > Number.MAX_SAFE_INTEGER) return undefined
  }
  return product
}
