import { graphOf } from './graph.ts'
import { leafName } from './primitives/leaf.ts'
import { expand } from './primitives/shape.ts'
import { type Graph, makeSym, type Sym, topological } from './sym.ts'

/** The same graph with inputs replaced by values, which are broadcast to the inputs' shapes. */
export function substitute(graph: Graph, values: ReadonlyMap<string, Sym>): Graph {
  const replaced = new Map<Sym, Sym>()
  for (const node of topological(graph.outputs.values())) {
    const given = node.operation.name === 'input' ? values.get(leafName(node)) : undefined
    const inputs = node.inputs.map(i => replaced.get(i)!)
    const same = inputs.every((x, i) => x === node.inputs[i])
    const kept = same ? node : makeSym(node.operation, inputs, node, node.scope)
    replaced.set(node, given ? expand(given, node.shape) : kept)
  }
  return graphOf(new Map([...graph.outputs].map(([name, s]) => [name, replaced.get(s)!])))
}
