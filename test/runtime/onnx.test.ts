import { basename } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { dim } from '../../src/graph/dim.ts'
import { attention } from '../../src/graph/primitives/attention.ts'
import { linear } from '../../src/graph/primitives/contract.ts'
import { add, exp, mul } from '../../src/graph/primitives/elementwise.ts'
import { iota } from '../../src/graph/primitives/index-by.ts'
import { constant, input, weight } from '../../src/graph/primitives/leaf.ts'
import { reshape, slice } from '../../src/graph/primitives/shape.ts'
import type { Graph } from '../../src/graph/sym.ts'
import { inCheckpoint } from '../../src/runtime/in-checkpoint.ts'
import { lowerGraph } from '../../src/runtime/onnx.ts'
import { f32 } from '../../src/words/arrays.ts'
import { readModel } from '../support/onnx.ts'
import { outputsOf } from '../support/run.ts'
import { fileWeights } from '../support/weights.ts'

const weights = fileWeights({ a: f32([3, 2], new Float32Array(6)), b: f32([5, 3], new Float32Array(15)) })
afterAll(() => weights[Symbol.dispose]())
const [batch, time] = [dim('batch'), dim('time')]
const x = input('x', 'f32', [batch, time, 2])
const lowered = (graph: Graph) => readModel(lowerGraph(graph, weights, 'cpu', inCheckpoint))
const types = (graph: Graph) => lowered(graph).nodes.map(n => n.type)

test('weights stay in their file: name, offset and length', () => {
  const { initializers } = lowered(outputsOf({ y: linear(linear(x, weight('a', [3, 2])), weight('b', [5, 3])) }))
  const location = basename(weights.entry('a')!.file)
  expect(initializers.filter(t => t.external.location !== undefined)).toEqual([
    { name: 'a', dims: [3, 2], external: { location, offset: '0', length: '24' } },
    { name: 'b', dims: [5, 3], external: { location, offset: '64', length: '60' } },
  ])
})

test('or go where the caller places them', () => {
  const graph = outputsOf({ y: linear(x, weight('a', [3, 2])) })
  const bytes = lowerGraph(graph, weights, 'portable', () => ({ location: 'beside.bin', offset: 128, length: 24 }))
  expect(readModel(bytes).initializers.find(t => t.name === 'a')?.external).toEqual({
    location: 'beside.bin',
    offset: '128',
    length: '24',
  })
})

describe('nothing is computed twice or for nobody', () => {
  test('equal nodes are one, also when they come out of different expansions', () => {
    expect(types(outputsOf({ y: add(exp(x), exp(x)) }))).toEqual(['Exp', 'Add'])
    const k = input('k', 'f32', [batch, time, 2, 4])
    const tiled = { scale: 1, tile: 3, tiles: 2 }
    const two = add(attention(k, k, k, tiled), attention(mul(k, k), k, k, tiled))
    const count = (type: string) => types(outputsOf({ y: two })).filter(t => t === type).length
    // Two tiles in each of two attentions, under the same two masks.
    expect([count('Softmax'), count('LessOrEqual'), count('Range')]).toEqual([4, 2, 2])
  })
  test('of several reshapes in a row one is left', () => {
    const y = exp(reshape(reshape(reshape(x, [batch, 1, time, 2]), [1, batch, time, 2]), [batch, time, 1, 2]))
    expect(types(outputsOf({ y })).filter(t => t === 'Reshape').length).toBe(1)
  })
  test('but one that is an output stays', () => {
    const first = reshape(x, [batch, 1, time, 2])
    const model = lowered(outputsOf({ first, y: reshape(first, [batch, time, 2, 1]) }))
    expect(model.nodes.filter(n => n.type === 'Reshape').map(n => n.outputs)).toEqual([['first'], ['y']])
  })
  test('what has no cells is a constant, and its operands are gone', () => {
    const y = mul(slice(exp(input('x', 'f32', [2, 3])), 0, 1, 1), constant(f32([1, 3], new Float32Array(3))))
    const { nodes, initializers } = lowered(outputsOf({ y }))
    expect(nodes.map(n => n.type)).toEqual(['Identity'])
    expect(initializers.map(t => t.dims)).toEqual([[0, 3]])
  })
})

test('a size that stands on no input is refused by its name', () => {
  const graph = outputsOf({ y: iota(dim('nowhere')) })
  expect(() => lowerGraph(graph, weights, 'cpu', inCheckpoint)).toThrow(
    'No input of the graph has the size "nowhere" as an axis.',
  )
  expect(types(outputsOf({ y: iota(time), x: exp(input('x0', 'f32', [time])) }))).toContain('Range')
})
