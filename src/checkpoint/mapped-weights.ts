import { realpathSync } from 'node:fs'
import type { WeightEntry, Weights } from '../runtime/weights.ts'
import { RegularFile } from './files.ts'
import type { PlacedWeight } from './layout.ts'
import { elements } from './tensors.ts'

/** Float32 weights that lie in files of one folder, to be mapped or read. */
export class MappedWeights implements Weights {
  readonly hash: string
  readonly folder: string
  readonly placed: readonly PlacedWeight[]
  readonly #entries: ReadonlyMap<string, WeightEntry>

  /** `folder` is a real path that holds the real paths of all files. */
  constructor(hash: string, folder: string, placed: readonly PlacedWeight[]) {
    this.hash = hash
    this.folder = folder
    this.placed = placed
    const real = new Map([...new Set(placed.map(p => p.tensor.file))].map(file => [file, realpathSync(file)]))
    this.#entries = new Map(
      placed.map(({ entry, tensor: { file, offset } }) => [
        entry.name,
        { shape: entry.shape, file: real.get(file) ?? file, offset },
      ]),
    )
  }

  get names(): readonly string[] {
    return [...this.#entries.keys()]
  }

  entry(name: string): WeightEntry | undefined {
    return this.#entries.get(name)
  }

  read(name: string): Float32Array {
    const entry = this.#entries.get(name)
    if (entry === undefined) throw new RangeError(`There is no weight ${name}.`)
    const values = new Float32Array(elements(entry.shape) ?? 0)
    using file = new RegularFile(entry.file)
    file.read(new Uint8Array(values.buffer), entry.offset)
    return values
  }
}
