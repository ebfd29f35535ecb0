import { sameShape } from './dim.ts'
import { graphOf } from './graph.ts'
import { leafName } from './primitives/leaf.ts'
import { type Graph, makeSym, type Sym, topological } from './sym.ts'

/** The same graph with inputs replaced by values; a replacement may have other sizes that broadcast the same way. */
export function substitute(graph: Graph, values: ReadonlyMap<string, Sym>): Graph {
  const replaced = new Map<Sym, Sym>()
  for (const node of topological(graph.outputs.values())) {
    const given = node.operation.name === 'input' ? values.get(leafName(node)) : undefined
    const inputs = node.inputs.map(i => replaced.get(i)!)
    const same = inputs.every((x, i) => x === node.inputs[i] && sameShape(x.shape, node.inputs[i]!.shape))
    replaced.set(node, given ?? (same ? node : makeSym(node.operation, inputs, node, node.scope)))
  }
  return graphOf(new Map([...graph.outputs].map(([name, s]) => [name, replaced.get(s)!])))
}
