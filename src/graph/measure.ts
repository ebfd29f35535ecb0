import { type Dims, evaluateDim, evaluateShape, productOf } from './dim.ts'
import { type Graph, topological } from './sym.ts'

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
 * Most bytes of values that are alive at once in one run, inputs and outputs included, weights left out: each value
 * lives from its node until its last user. Composites count one intermediate of the size of their largest operand.
 */
export function peakBytesOf(graph: Graph, dims: Dims): number {
  const order = topological(graph.outputs.values())
  const bytes = (i: { shape: Parameters<typeof productOf>[0] }) =>
    4 * evaluateDim(productOf(evaluateShape(i.shape, dims)), dims)
  const outputs = new Set(graph.outputs.values())
  const lastUse = new Map(order.flatMap((node, i) => node.inputs.map(x => [x, i] as const)))
  let alive = 0
  let peak = 0
  for (const [i, node] of order.entries()) {
    if (node.operation.name === 'weight') continue
    alive += bytes(node)
    const scratch = node.operation.expand
      ? Math.max(...node.inputs.filter(x => x.operation.name !== 'weight').map(bytes))
      : 0
    peak = Math.max(peak, alive + scratch)
    for (const x of new Set(node.inputs))
      if (lastUse.get(x) === i && !outputs.has(x) && x.operation.name !== 'weight') alive -= bytes(x)
  }
  return peak
}
