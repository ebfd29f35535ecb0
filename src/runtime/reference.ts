import { type Dims, evaluateShape } from '../graph/dim.ts'
import { peakBytesOf } from '../graph/measure.ts'
import { leafName } from '../graph/primitives/leaf.ts'
import { type Graph, type Sym, topological } from '../graph/sym.ts'
import { f32, type NDArray } from '../words/arrays.ts'
import { throwIfAborted } from '../words/error.ts'
import { type Arrays, type Backend, type Executable, type Feeds, sessionClosed } from './backend.ts'
import { bindDims, checkTargets } from './feeds.ts'
import { entryOf, type Weights } from './weights.ts'

/** Computes every node by its definition: composites by their expansion, primitives by their plain loops. */
function evaluate(roots: Iterable<Sym>, values: Map<Sym, NDArray>, dims: Dims, feeds: Feeds, weights: Weights): void {
  for (const node of topological(roots, values)) {
    if (values.has(node)) continue
    const { operation } = node
    if (operation.name === 'input') values.set(node, feeds[leafName(node)]!)
    else if (operation.name === 'weight')
      values.set(node, f32(entryOf(weights, leafName(node)).shape, weights.read(leafName(node))))
    else if (operation.evaluate)
      values.set(
        node,
        operation.evaluate(
          node.inputs.map(i => values.get(i)!),
          evaluateShape(node.shape, dims),
          dims,
        ),
      )
    else {
      const expansion = operation.expand!(node.inputs)
      evaluate([expansion], values, dims, feeds, weights)
      values.set(node, values.get(expansion)!)
    }
  }
}

/** The slow, obvious evaluator that every other backend is tested against. */
export function referenceBackend(): Backend {
  const compile = async (graph: Graph, weights: Weights): Promise<Executable> => {
    let open = true
    return {
      graph,
      run: async (feeds, { into, signal } = {}) => {
        throwIfAborted(signal)
        if (!open) throw sessionClosed()
        const dims = bindDims(graph, feeds)
        if (into) checkTargets(graph, into, dims)
        const values = new Map<Sym, NDArray>()
        evaluate(graph.outputs.values(), values, dims, feeds, weights)
        const out: Arrays = {}
        for (const [name, s] of graph.outputs) {
          if (into && !(name in into)) continue
          const value = values.get(s)!
          into?.[name]?.data.set(value.data)
          out[name] = into?.[name] ?? value
        }
        return out
      },
      peakBytes: dims => peakBytesOf(graph, dims),
      [Symbol.asyncDispose]: async () => {
        open = false
      },
    }
  }
  return { name: 'reference', threads: 1, compile, [Symbol.asyncDispose]: async () => undefined }
}
