import { codecOf } from '../checkpoint/dequantise.ts'
import type { WeightEntry, Weights } from '../runtime/weights.ts'
import { sizeOf } from '../words/arrays.ts'
import type { PlacedTensor } from './manifest.ts'

/** Weights as float32 in one stretch of memory, converted from the bytes of a file. */
export class MemoryWeights implements Weights {
  readonly hash: string
  readonly folder = ''
  readonly #entries = new Map<string, WeightEntry>()
  readonly #values: Float32Array

  constructor(hash: string, tensors: readonly PlacedTensor[], file: string, bytes: Uint8Array) {
    this.hash = hash
    this.#values = new Float32Array(tensors.reduce((n, t) => n + sizeOf(t.shape), 0))
    let at = 0
    for (const tensor of tensors) {
      const { name, shape, offset } = tensor
      const out = this.#values.subarray(at, at + sizeOf(shape))
      codecOf({ ...tensor, file }).decode(bytes.subarray(offset, offset + tensor.bytes), out)
      this.#entries.set(name, { shape, file, offset: 4 * at })
      at += out.length
    }
  }

  get names(): readonly string[] {
    return [...this.#entries.keys()]
  }

  entry(name: string): WeightEntry | undefined {
    return this.#entries.get(name)
  }

  /** A view, not a copy. */
  read(name: string): Float32Array {
    const entry = this.#entries.get(name)
    if (entry === undefined) throw new RangeError(`There is no weight ${name}.`)
    return this.#values.subarray(entry.offset / 4, entry.offset / 4 + sizeOf(entry.shape))
  }
}
