import { f32, type NDArray } from '../words/arrays.ts'
import type { OrtTensor } from './session.ts'
import { entryOf, type Weights } from './weights.ts'

/**
 * Weights as tensors that many sessions are fed, each made once by `make`: a session of its own memory would hold a
 * private copy of every weight in it.
 */
export class SharedWeights {
  readonly #made = new Map<Weights, Map<string, OrtTensor>>()
  readonly #make: (value: NDArray<'f32'>) => Promise<OrtTensor>

  constructor(make: (value: NDArray<'f32'>) => Promise<OrtTensor>) {
    this.#make = make
  }

  async of(weights: Weights, names: Iterable<string>): Promise<Record<string, OrtTensor>> {
    const made = this.#made.get(weights) ?? new Map<string, OrtTensor>()
    this.#made.set(weights, made)
    const tensors: Record<string, OrtTensor> = {}
    for (const name of names) {
      const tensor = made.get(name) ?? (await this.#make(f32(entryOf(weights, name).shape, weights.read(name))))
      made.set(name, tensor)
      tensors[name] = tensor
    }
    return tensors
  }

  dispose(): void {
    for (const made of this.#made.values()) for (const tensor of made.values()) tensor.dispose()
    this.#made.clear()
  }
}
