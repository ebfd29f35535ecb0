import { input, weight } from '../../src/graph/primitives/leaf.ts'
import type { Graph, Sym } from '../../src/graph/sym.ts'
import type { Feeds } from '../../src/runtime/backend.ts'
import type { Weights } from '../../src/runtime/weights.ts'
import type { NDArray } from '../../src/words/arrays.ts'
import { outputsOf } from './run.ts'
import { fileWeights } from './weights.ts'

const isFloat = (a: NDArray): a is NDArray<'f32'> => a.dtype === 'f32'

/** As `graphOver`, the float arrays of more than one cell being weights of a file. */
export function graphOverWeights(
  arrays: readonly NDArray[],
  build: (...inputs: Sym[]) => Sym,
): { graph: Graph; feeds: Feeds; weights: Weights & Disposable } {
  const stored = new Map(arrays.flatMap((a, i) => (isFloat(a) && a.data.length > 1 ? [[`w${i}`, a] as const] : [])))
  const inputs = arrays.map((a, i) =>
    stored.has(`w${i}`) ? weight(`w${i}`, a.shape) : input(`x${i}`, a.dtype, a.shape),
  )
  return {
    graph: outputsOf({ y: build(...inputs) }),
    feeds: Object.fromEntries(arrays.flatMap((a, i) => (stored.has(`w${i}`) ? [] : [[`x${i}`, a] as const]))),
    weights: fileWeights(Object.fromEntries(stored)),
  }
}
