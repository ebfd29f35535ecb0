import { sizeOf } from '../words/arrays.ts'
import { type Dims, evaluateDim, evaluateShape } from './dim.ts'
import { type Graph, type Sym, type Type, topological } from './sym.ts'

/** Weights are mapped, and what is fed stays with the caller for the whole run. */
const passing = (s: Sym): boolean => s.operation.name !== 'weight' && s.operation.name !== 'input'

/** Floating-point operations of the contractions (2 per multiply-add, causal half only) in one run. */
export function flopsOf(graph: Graph, dims: Dims): number {
  let total = 0
  for (const node of topological(graph.outputs.values()))
    for (const d of node.operation.flops(node.inputs, node)) total += evaluateDim(d, dims)
  return total
}

/** How many nodes of each scope one run computes (leaves not counted). */
export function nodesByScope(graph: Graph): Map<string, number> {
  const counts = new Map<string, number>()
  for (const node of topological(graph.outputs.values()))
    if (node.inputs.length > 0) counts.set(node.scope, (counts.get(node.scope) ?? 0) + 1)
  return counts
}

/**
 * Most bytes of values that are alive at once in one run, weights left out: inputs from the beginning and outputs to the
 * end, every other value from its node until its last user; 4 bytes hold a cell. A composite that a target writes as one node needs
 * no more inside than one more array of its result's size; any other is counted as the nodes that stand for it.
 */
export function peakBytesOf(graph: Graph, dims: Dims): number {
  const known = new Map<string, number>()
  const bytes = (s: Type) => 4 * sizeOf(evaluateShape(s.shape, dims))

  /** Bytes that `node` needs while it runs, beside its operands and its result. */
  function inside(node: Sym): number {
    const { expand, form, lower, key } = node.operation
    if (!expand) return 0
    if (lower) return bytes(node)
    const signature = `${key} ${node.inputs.map(i => evaluateShape(i.shape, dims).join()).join(' ')}`
    const found =
      known.get(signature) ?? peak([form?.(node.inputs, 'cpu') ?? expand(node.inputs)], node.inputs) - bytes(node)
    known.set(signature, found)
    return found
  }

  /** Peak over the nodes that make `roots`, which stay; what is `given` is counted by whoever made it. */
  function peak(roots: readonly Sym[], given: readonly Sym[] = []): number {
    const outside = new Set(given)
    const order = topological(roots, outside)
    const stays = new Set([...roots, ...outside])
    const lastUse = new Map(order.flatMap((node, i) => node.inputs.map(x => [x, i] as const)))
    let alive = 0
    let most = 0
    for (const [i, node] of order.entries()) {
      if (outside.has(node) || !passing(node)) continue
      alive += bytes(node)
      most = Math.max(most, alive + inside(node))
      for (const x of new Set(node.inputs)) if (lastUse.get(x) === i && !stays.has(x) && passing(x)) alive -= bytes(x)
    }
    return most
  }
  const fed = [...graph.inputs.values()].reduce((n, type) => n + bytes(type), 0)
  return fed + peak([...graph.outputs.values()])
}
