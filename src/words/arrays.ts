/** Element types that cross the engine's border. Token ids and positions are int32; masks are bool (bytes 0 and 1). */
export type DType = 'f32' | 'i32' | 'bool'

/** A dense row-major array with its shape; `data.length` is the product of `shape`. */
export interface NDArray<D extends DType = DType> {
  readonly dtype: D
  readonly shape: readonly number[]
  readonly data: D extends 'f32' ? Float32Array : D extends 'i32' ? Int32Array : Uint8Array
}

export type Float32Tensor = NDArray<'f32'>

export const f32 = (shape: readonly number[], data: Float32Array): NDArray<'f32'> => ({ dtype: 'f32', shape, data })
export const i32 = (shape: readonly number[], data: Int32Array): NDArray<'i32'> => ({ dtype: 'i32', shape, data })
export const bool = (shape: readonly number[], data: Uint8Array): NDArray<'bool'> => ({ dtype: 'bool', shape, data })

export const sizeOf = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1)
