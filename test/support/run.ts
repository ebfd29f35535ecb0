import { graphOf } from '../../src/graph/graph.ts'
import { input } from '../../src/graph/primitives/leaf.ts'
import type { Graph, Sym } from '../../src/graph/sym.ts'
import type { Backend, Feeds } from '../../src/runtime/backend.ts'
import type { Weights } from '../../src/runtime/weights.ts'
import type { NDArray } from '../../src/words/arrays.ts'

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

/** Compiles, runs once and closes. */
export async function runOnce(backend: Backend, graph: Graph, feeds: Feeds, weights: Weights) {
  await using executable = await backend.compile(graph, weights)
  return await executable.run(feeds)
}
