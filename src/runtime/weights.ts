import { HeadwiseError } from '../words/error.ts'

/** Where one float32 weight lies: row-major, little-endian, `offset` bytes into `file` (an absolute, real path). */
export interface WeightEntry {
  readonly shape: readonly number[]
  readonly file: string
  readonly offset: number
}

/** Every weight of a model by the name under which the model asks for it, float32, in files that all lie directly in `folder`. */
export interface Weights {
  /** SHA-256 (hex) of the source's tensor contents; equal weights have equal hashes whatever file holds them. */
  readonly hash: string
  /** Absolute path with every link resolved: the inference runtime refuses to leave it. */
  readonly folder: string
  readonly names: readonly string[]
  entry(name: string): WeightEntry | undefined
  /** Reads one weight into memory (the reference evaluator and tests; sessions map the file instead). */
  read(name: string): Float32Array
}

/** For graphs without weights. */
export const noWeights: Weights = {
  hash: '',
  folder: '.',
  names: [],
  entry: () => undefined,
  read: () => new Float32Array(),
}

/** Where a weight that a graph names lies. */
export function entryOf(weights: Weights, name: string): WeightEntry {
  const entry = weights.entry(name)
  if (entry) return entry
  throw new HeadwiseError(`The weights hold no tensor named "${name}".`, { code: 'weight-missing', where: name })
}
