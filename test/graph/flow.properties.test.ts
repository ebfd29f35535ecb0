import fc from 'fast-check'
import { expect, test } from 'vitest'
import { attention } from '../../src/graph/primitives/attention.ts'
import { softmax } from '../../src/graph/primitives/composite.ts'
import { innerProducts, linear, matmul } from '../../src/graph/primitives/contract.ts'
import { add } from '../../src/graph/primitives/elementwise.ts'
import { gather } from '../../src/graph/primitives/index-by.ts'
import { input } from '../../src/graph/primitives/leaf.ts'
import { sum } from '../../src/graph/primitives/reduce.ts'
import { permute, reshape } from '../../src/graph/primitives/shape.ts'
import type { Flow } from '../../src/graph/sym.ts'
import { referenceBackend } from '../../src/runtime/reference.ts'
import { bool, f32, i32, type NDArray } from '../../src/words/arrays.ts'
import { FAMILIES } from '../support/cases.ts'
import { graphOver, runOnce } from '../support/run.ts'
import { fileWeights } from '../support/weights.ts'

const reference = referenceBackend()
const none = fileWeights({})

/** The same array but for one cell: another index below `indices`, the other truth, another number. */
function changed(a: NDArray, at: number, indices = Number.MAX_SAFE_INTEGER): NDArray {
  if (a.dtype === 'f32') return f32(a.shape, a.data.with(at, a.data[at] === 0.75 ? 1.5 : 0.75) as Float32Array)
  if (a.dtype === 'i32') return i32(a.shape, a.data.with(at, (a.data[at]! + 1) % indices) as Int32Array)
  return bool(a.shape, a.data.with(at, 1 - a.data[at]!) as Uint8Array)
}

function indexOf(flat: number, shape: readonly number[]): number[] {
  const index: number[] = []
  for (const d of shape.toReversed()) {
    index.unshift(flat % d)
    flat = Math.floor(flat / d)
  }
  return index
}

/** Whether the flow lets cell `from` of an input reach cell `to` of the output. */
const allows = (
  flow: Flow[number],
  from: readonly number[],
  shape: readonly number[],
  to: readonly number[],
): boolean => flow.every((axis, i) => axis === null || shape[i] === 1 || to[axis] === from[i])

test.for(Object.entries(FAMILIES))('%s: a changed cell reaches only cells that the flow allows', ([, { cases }]) =>
  fc.assert(
    fc.asyncProperty(cases, fc.nat(), fc.nat(), async ({ arrays, build, indices }, whichInput, whichCell) => {
      const filled = arrays.filter(a => a.data.length > 0)
      if (filled.length === 0) return
      const target = filled[whichInput % filled.length]!
      const cell = whichCell % target.data.length
      const { graph, feeds } = graphOver(arrays, build)
      const node = graph.outputs.get('y')!
      const operand = node.inputs.findIndex(x => x.operation.key === `input x${arrays.indexOf(target)}`)
      if (operand < 0) return
      const flow = node.operation.flow(node.inputs, node)[operand]!

      const before = (await runOnce(reference, graph, feeds, none)).y!
      const other = { ...feeds, [`x${arrays.indexOf(target)}`]: changed(target, cell, indices) }
      const after = (await runOnce(reference, graph, other, none)).y!
      const from = indexOf(cell, target.shape)
      for (let i = 0; i < before.data.length; i++)
        if (!Object.is(before.data[i], after.data[i]))
          expect([indexOf(i, before.shape), allows(flow, from, target.shape, indexOf(i, before.shape))]).toEqual([
            indexOf(i, before.shape),
            true,
          ])
    }),
    { numRuns: 80 },
  ),
)

test('a flow is no wider than it must be', () => {
  const x = input('x', 'f32', [2, 3, 4])
  const q = input('q', 'f32', [2, 5, 4, 3])
  const flows = {
    add: add(x, input('row', 'f32', [4])),
    matmul: matmul(x, input('m', 'f32', [4, 5])),
    innerProducts: innerProducts(x, input('b', 'f32', [5, 4]), 0.5),
    linear: linear(x, input('w', 'f32', [5, 4]), input('b', 'f32', [5])),
    softmax: softmax(x),
    sum: sum(x, 1),
    permute: permute(x, [2, 0, 1]),
    split: reshape(x, [2, 3, 2, 2]),
    join: reshape(x, [6, 4]),
    gather: gather(x, input('i', 'i32', [7]), 1),
    attention: attention(q, q, q, { scale: 1, tile: 5, tiles: 1 }),
  }
  expect(Object.fromEntries(Object.entries(flows).map(([n, s]) => [n, s.operation.flow(s.inputs, s)]))).toEqual({
    add: [[0, 1, 2], [2]],
    matmul: [
      [0, 1, null],
      [null, 2],
    ],
    innerProducts: [
      [0, 1, null],
      [2, null],
    ],
    linear: [[0, 1, null], [2, null], [2]],
    softmax: [[0, 1, null]],
    sum: [[0, null, 2]],
    permute: [[1, 2, 0]],
    split: [[0, 1, null]],
    join: [[null, null, 1]],
    gather: [[0, null, 2], [1]],
    // Earlier queries are never reached from later keys, but that is a bound and not a flow along an axis.
    attention: [
      [0, 1, null, null],
      [0, null, null, null],
      [0, null, null, null],
    ],
  })
})
