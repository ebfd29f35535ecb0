import { expect, test } from 'vitest'
import { dim } from '../../src/graph/dim.ts'
import { add, mul } from '../../src/graph/primitives/elementwise.ts'
import { iota } from '../../src/graph/primitives/index-by.ts'
import { constant, input, scalar } from '../../src/graph/primitives/leaf.ts'
import { reshape } from '../../src/graph/primitives/shape.ts'
import { simplify } from '../../src/graph/simplify.ts'
import { substitute } from '../../src/graph/substitute.ts'
import { nodeBackend } from '../../src/runtime/node.ts'
import { referenceBackend } from '../../src/runtime/reference.ts'
import { f32, i32 } from '../../src/words/arrays.ts'
import { outputsOf, runOnce } from '../support/run.ts'
import { fileWeights } from '../support/weights.ts'

const none = fileWeights({})
const [batch, time] = [dim('batch'), dim('time')]
const x = input('x', 'f32', [batch, time])
const gain = input('gain', 'f32', [batch, 1])
const offset = input('offset', 'i32', [batch])
const graph = outputsOf({ y: mul(x, gain), at: add(reshape(offset, [batch, 1]), iota(time)) })
const fed = f32([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6))

test('a value takes the place of an input, for every size of the others', async () => {
  const values = new Map([
    ['gain', scalar(2)],
    ['offset', constant(i32([1], Int32Array.of(5)))],
  ])
  const baked = simplify(substitute(graph, values))
  expect([...baked.inputs.keys()]).toEqual(['x'])
  for (const backend of [referenceBackend(), await nodeBackend(1)]) {
    const { y, at } = await runOnce(backend, baked, { x: fed }, none)
    expect([...y!.data]).toEqual([2, 4, 6, 8, 10, 12])
    expect([at!.shape, [...at!.data]]).toEqual([
      [2, 3],
      [5, 6, 7, 5, 6, 7],
    ])
  }
})

test('what is not named stays the node that it was', () => {
  const same = substitute(graph, new Map([['absent', scalar(1)]]))
  expect(same.outputs.get('y')).toBe(graph.outputs.get('y'))
})

test('a value of another size is refused', () => {
  const wrong = new Map([['gain', constant(f32([3, 1], new Float32Array(3)))]])
  expect(() => substitute(graph, wrong)).toThrow('expand(f32[3, 1]): does not broadcast to [batch, 1]')
})
