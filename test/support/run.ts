import { graphOf } from '../../src/graph/graph.ts'
import { input, weight } from '../../src/graph/primitives/leaf.ts'
import type { Graph, Sym } from '../../src/graph/sym.ts'
import type { Backend, Feeds } from '../../src/runtime/backend.ts'
import type { Weights } from '../../src/runtime/weights.ts'
import type { NDArray } from '../../src/words/arrays.ts'
import { fileWeights } from './weights.ts'

export const outputsOf = (outputs: Readonly<Record<string, Sym>>): Graph => graphOf(new Map(Object.entries(outputs)))

/** The graph of `build` over fed inputs named x0, x1, … of the arrays' own sizes. */
export function graphOver(
  arrays: readonly NDArray[],
  build: (...inputs: Sym[]) => Sym,
): { graph: Graph; feeds: Feeds } {
  const inputs = arrays.map((a, i) => input(`x${i}`, a.dtype, a.shape))
  return {
    graph: outputsOf({ y: build(...inputs) }),
    feeds: Object.fromEntries(arrays.map((a, i) => [`x${i}`, a])),
  }
}

const isFloat = (a: NDArray): a is NDArray<'f32'> => a.dtype === 'f32'

/** The same, the float arrays of more than one cell being weights of a file. */
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

/** Compiles, runs once and closes. */
export async function runOnce(backend: Backend, graph: Graph, feeds: Feeds, weights: Weights) {
  await using executable = await backend.compile(graph, weights)
  return await executable.run(feeds)
}
