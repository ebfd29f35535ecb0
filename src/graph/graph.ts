import { leafName } from './primitives/leaf.ts'
import { type Graph, type Sym, type Type, topological } from './sym.ts'

/** The graph of the given outputs; whatever they do not need is not in it. */
export function graphOf(outputs: ReadonlyMap<string, Sym>): Graph {
  const inputs = new Map<string, Type>()
  for (const node of topological(outputs.values()))
    if (node.operation.name === 'input') inputs.set(leafName(node), { dtype: node.dtype, shape: node.shape })
  return { inputs, outputs }
}
