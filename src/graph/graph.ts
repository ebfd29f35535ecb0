import { HeadwiseError } from '../words/error.ts'
import { leafName } from './primitives/leaf.ts'
import { type Graph, type Sym, topological, typeText } from './sym.ts'

/** The graph of the given outputs; whatever they do not need is not in it. Inputs, weights and outputs bear different names. */
export function graphOf(outputs: ReadonlyMap<string, Sym>): Graph {
  const leaves = new Map<string, Sym>()
  for (const node of topological(outputs.values())) {
    const { name: kind } = node.operation
    if (kind !== 'input' && kind !== 'weight') continue
    const name = leafName(node)
    const twin = leaves.get(name)
    if (twin && (twin.operation.name !== kind || typeText(twin) !== typeText(node))) throw taken(name, twin, node)
    leaves.set(name, node)
  }
  for (const [name, node] of outputs) {
    const twin = leaves.get(name)
    if (twin) throw taken(name, twin, node, 'output')
  }
  const inputs = [...leaves].filter(([, s]) => s.operation.name === 'input')
  return { inputs: new Map(inputs.map(([name, { dtype, shape }]) => [name, { dtype, shape }])), outputs }
}

function taken(name: string, first: Sym, second: Sym, as = second.operation.name): HeadwiseError {
  return new HeadwiseError(
    `The graph names both the ${first.operation.name} ${typeText(first)} and the ${as} ${typeText(second)} "${name}"; give one another name.`,
    { code: 'graph-name-twice', fault: 'failed', where: name },
  )
}
