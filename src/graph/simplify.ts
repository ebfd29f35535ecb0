import { sameShape } from './dim.ts'
import { graphOf } from './graph.ts'
import { constant } from './primitives/leaf.ts'
import { type Graph, makeSym, type Sym, topological } from './sym.ts'

/** Larger constants are left to the runtime: folding them would only make the graph bigger. */
const MAX_FOLDED = 4096

const isConstant = (s: Sym): boolean => s.operation.name === 'constant'
const constantCells = (s: Sym) => s.operation.evaluate!([], [], {}).data
const holds = (s: Sym, value: number): boolean => isConstant(s) && constantCells(s).every(v => Object.is(v, value))
const staticShape = (s: Sym): readonly number[] | undefined =>
  s.shape.every(d => typeof d === 'number') ? (s.shape as readonly number[]) : undefined

/** x + −0, x − 0, x·1, x/1 are x to the bit, where the result keeps the shape of x. */
function neutral(node: Sym): Sym | undefined {
  const [a, b] = node.inputs
  if (a === undefined || b === undefined) return undefined
  const keeps = (x: Sym) => sameShape(x.shape, node.shape)
  switch (node.operation.name) {
    case 'add':
      // Adding −0 changes nothing; adding +0 would turn −0 into +0.
      if (holds(b, -0) && keeps(a)) return a
      return holds(a, -0) && keeps(b) ? b : undefined
    case 'sub':
      return holds(b, 0) && keeps(a) ? a : undefined
    case 'mul':
      if (holds(b, 1) && keeps(a)) return a
      return holds(a, 1) && keeps(b) ? b : undefined
    case 'div':
      return holds(b, 1) && keeps(a) ? a : undefined
    default:
      return undefined
  }
}

/** A reshape of a reshape needs only one step, or none. */
function movement(node: Sym): Sym | undefined {
  const inner = node.operation.name === 'reshape' ? node.inputs[0]! : undefined
  const x = inner?.operation.name === 'reshape' ? inner.inputs[0]! : undefined
  if (x === undefined) return undefined
  return sameShape(x.shape, node.shape) ? x : makeSym(node.operation, [x], node, node.scope)
}

function folded(node: Sym): Sym | undefined {
  const shape = staticShape(node)
  const { evaluate } = node.operation
  if (!evaluate || !shape || isConstant(node) || node.inputs.length === 0 || !node.inputs.every(isConstant))
    return undefined
  if (shape.reduce((n, d) => n * d, 1) > MAX_FOLDED) return undefined
  return constant(
    evaluate(
      node.inputs.map(i => i.operation.evaluate!([], [], {})),
      shape,
      {},
    ),
  )
}

/**
 * The same graph with equal subexpressions shared, constants folded, neutral operations removed and nothing in it
 * that no output needs. Every result stays what it was.
 */
export function simplify(graph: Graph): Graph {
  const replaced = new Map<Sym, Sym>()
  const known = new Map<string, Sym>()
  const ids = new Map<Sym, number>()
  const intern = (node: Sym): Sym => {
    const key = `${node.operation.key}(${node.inputs.map(i => ids.get(i)).join()})${node.dtype}`
    const twin = known.get(key)
    if (twin) return twin
    known.set(key, node)
    ids.set(node, ids.size)
    return node
  }
  for (const node of topological(graph.outputs.values())) {
    const inputs = node.inputs.map(i => replaced.get(i)!)
    const same = inputs.every((x, i) => x === node.inputs[i])
    const rebuilt = same ? node : makeSym(node.operation, inputs, node, node.scope)
    replaced.set(node, intern(neutral(rebuilt) ?? movement(rebuilt) ?? folded(rebuilt) ?? rebuilt))
  }
  return graphOf(new Map([...graph.outputs].map(([name, s]) => [name, replaced.get(s)!])))
}
