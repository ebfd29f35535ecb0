import { HeadwiseError } from '../words/error.ts'
import { leafName } from './primitives/leaf.ts'
import { type Graph, type Sym, type Type, topological, typeText } from './sym.ts'

/** The graph of the given outputs; whatever they do not need is not in it. */
export function graphOf(outputs: ReadonlyMap<string, Sym>): Graph {
  const inputs = new Map<string, Type>()
  for (const node of topological(outputs.values())) {
    if (node.operation.name !== 'input') continue
    const name = leafName(node)
    const twin = inputs.get(name)
    if (twin && typeText(twin) !== typeText(node))
      throw new HeadwiseError(
        `The graph has two inputs named "${name}", ${typeText(twin)} and ${typeText(node)}; give one another name.`,
        { code: 'graph-input-twice', fault: 'failed', where: name },
      )
    inputs.set(name, { dtype: node.dtype, shape: node.shape })
  }
  return { inputs, outputs }
}
