import fc from 'fast-check'
import { expect, test } from 'vitest'
import { logsumexp, silu, softmax } from '../../src/graph/primitives/composite.ts'
import { matmul } from '../../src/graph/primitives/contract.ts'
import { add, div, eq, exp, max, mul, neg, sub, where } from '../../src/graph/primitives/elementwise.ts'
import { constant, input, scalar } from '../../src/graph/primitives/leaf.ts'
import { maximum, sum } from '../../src/graph/primitives/reduce.ts'
import { concat, expand, permute, reshape, slice } from '../../src/graph/primitives/shape.ts'
import { printGraph } from '../../src/graph/print.ts'
import { simplify } from '../../src/graph/simplify.ts'
import { type Graph, type Sym, topological } from '../../src/graph/sym.ts'
import { referenceBackend } from '../../src/runtime/reference.ts'
import { f32 } from '../../src/words/arrays.ts'
import { anyFloat, floats } from '../support/arbitrary.ts'
import { outputsOf, runOnce } from '../support/run.ts'
import { fileWeights } from '../support/weights.ts'

const reference = referenceBackend()
const none = fileWeights({})
const SHAPE = [2, 3]

const turned = (x: Sym) => permute(x, [1, 0])
const steps: ((a: Sym, b: Sym) => Sym)[] = [
  add,
  sub,
  mul,
  div,
  max,
  (a, b) => where(eq(a, b), a, neg(b)),
  a => neg(a),
  a => exp(a),
  a => softmax(a),
  a => silu(a),
  (a, b) => sub(a, logsumexp(b)),
  (a, b) => add(a, sum(b, 0)),
  (a, b) => expand(maximum(a, 0), b.shape),
  a => turned(turned(a)),
  a => reshape(reshape(a, [3, 2]), SHAPE),
  a => reshape(reshape(reshape(a, [6]), [1, 6]), SHAPE),
  (a, b) => concat([slice(a, 1, 0, 1), slice(b, 1, 1, 3)], 1),
  (a, b) => matmul(matmul(a, turned(b)), a),
]
const fills = fc.oneof(fc.constantFrom(0, -0, 1, -1, 2), anyFloat)
const leaves: fc.Arbitrary<Sym> = fc.oneof(
  fc.constantFrom('p', 'q').map(name => input(name, 'f32', SHAPE)),
  fills.map(x => expand(scalar(x), SHAPE)),
  fills.map(x => constant(f32(SHAPE, new Float32Array(6).fill(x)))),
)

/** Random graphs over two inputs and constants: each step takes two of the values so far. */
const graphs: fc.Arbitrary<Graph> = fc
  .tuple(
    fc.array(leaves, { minLength: 2, maxLength: 5 }),
    fc.array(fc.tuple(fc.constantFrom(...steps), fc.nat(), fc.nat()), { minLength: 1, maxLength: 15 }),
  )
  .map(([start, chosen]) => {
    const values = [...start]
    for (const [step, a, b] of chosen) values.push(step(values[a % values.length]!, values[b % values.length]!))
    return outputsOf({ last: values.at(-1)!, middle: values[Math.floor(values.length / 2)]! })
  })

const size = (g: Graph) => topological(g.outputs.values()).length

test('simplification changes no bit of a result, never adds nodes, and has nothing left to do afterwards', () =>
  fc.assert(
    fc.asyncProperty(graphs, floats(SHAPE), floats(SHAPE), async (graph, p, q) => {
      const simple = simplify(graph)
      const before = await runOnce(reference, graph, { p, q }, none)
      const after = await runOnce(reference, simple, { p, q }, none)
      for (const name of graph.outputs.keys()) {
        expect(after[name]!.shape).toEqual(before[name]!.shape)
        expect([...after[name]!.data].map(x => (Object.is(x, -0) ? '-0' : x))).toEqual(
          [...before[name]!.data].map(x => (Object.is(x, -0) ? '-0' : x)),
        )
      }
      expect(size(simple)).toBeLessThanOrEqual(size(graph))
      expect(printGraph(simplify(simple))).toBe(printGraph(simple))
    }),
    { numRuns: 400 },
  ))
