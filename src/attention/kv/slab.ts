import { f32, type NDArray } from '../../words/arrays.ts'

/**
 * Keys and values of one growing sequence: for each layer [time, group, dimension], so that the rows so far are one
 * contiguous stretch that can be fed without a copy.
 */
export class KvSlab {
  readonly #k: Float32Array
  readonly #v: Float32Array
  readonly #width: number
  length = 0

  /** Room for `capacity` positions; 8 · layers · capacity · groups · dimension bytes. */
  constructor(
    readonly layers: number,
    readonly capacity: number,
    readonly groups: number,
    readonly headDim: number,
  ) {
    this.#width = groups * headDim
    this.#k = new Float32Array(layers * capacity * this.#width)
    this.#v = new Float32Array(layers * capacity * this.#width)
  }

  /** Keys and values so far of a layer, each [1, length, group, dimension], as views. */
  past(layer: number): { k: NDArray<'f32'>; v: NDArray<'f32'> } {
    const start = layer * this.capacity * this.#width
    const shape = [1, this.length, this.groups, this.headDim]
    const view = (x: Float32Array) => f32(shape, x.subarray(start, start + this.length * this.#width))
    return { k: view(this.#k), v: view(this.#v) }
  }

  /** Writes new rows of a layer behind those so far; `advance` makes them count once every layer has its rows. */
  write(layer: number, k: Float32Array, v: Float32Array): void {
    const at = (layer * this.capacity + this.length) * this.#width
    this.#k.set(k, at)
    this.#v.set(v, at)
  }

  advance(rows: number): void {
    this.length += rows
  }
}
