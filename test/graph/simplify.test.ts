import { describe, expect, test } from 'vitest'
import { dim } from '../../src/graph/dim.ts'
import { silu } from '../../src/graph/primitives/composite.ts'
import { add, div, exp, mul, sub } from '../../src/graph/primitives/elementwise.ts'
import { constant, input, scalar, weight } from '../../src/graph/primitives/leaf.ts'
import { expand, permute, reshape } from '../../src/graph/primitives/shape.ts'
import { simplify } from '../../src/graph/simplify.ts'
import { type Sym, topological } from '../../src/graph/sym.ts'
import { f32 } from '../../src/words/arrays.ts'
import { outputsOf } from '../support/run.ts'

const x = input('x', 'f32', [2, dim('time')])
const simple = (y: Sym): Sym => simplify(outputsOf({ y })).outputs.get('y')!
const operations = (...outputs: Sym[]): string[] =>
  topological(simplify(outputsOf(Object.fromEntries(outputs.map((s, i) => [`y${i}`, s])))).outputs.values()).map(
    s => s.operation.name,
  )

describe('equal subexpressions are computed once', () => {
  test('over several outputs and composites', () => {
    const square = () => mul(input('x', 'f32', [2]), input('x', 'f32', [2]))
    expect(operations(silu(square()), exp(square()), silu(square()))).toEqual(['input', 'mul', 'silu', 'exp'])
  })
  test('but other attributes, types, weights and inputs stay apart', () => {
    expect(
      operations(
        permute(reshape(x, [1, 2, dim('time')]), [2, 1, 0]),
        permute(reshape(x, [1, 2, dim('time')]), [0, 2, 1]),
      ),
    ).toEqual(['input', 'reshape', 'permute', 'permute'])
    expect(operations(add(weight('a', [2]), weight('b', [2])))).toEqual(['weight', 'weight', 'add'])
    expect(operations(add(input('a', 'f32', [2]), input('b', 'f32', [2])))).toEqual(['input', 'input', 'add'])
  })
})

describe('what is known is computed beforehand', () => {
  test('sums of constants', () => {
    const folded = simple(mul(x, add(scalar(2), scalar(3))))
    expect(folded.inputs[1]!.operation.key).toBe('constant f32[](5)')
  })
  test('but not a constant that would make the graph large', () => {
    expect(operations(mul(x, expand(scalar(2), [2, 1])))).toEqual(['input', 'constant', 'mul'])
    expect(operations(expand(exp(scalar(2)), [65, 64]))).toEqual(['constant', 'expand'])
  })
})

describe('neutral operations go', () => {
  test.for<[string, Sym]>([
    ['x + −0', add(x, scalar(-0))],
    ['−0 + x', add(scalar(-0), x)],
    ['x − 0', sub(x, scalar(0))],
    ['x · 1', mul(x, scalar(1))],
    ['1 · x', mul(scalar(1), x)],
    ['x / 1', div(x, scalar(1))],
    ['x reshaped there and back', reshape(reshape(x, [1, 2, dim('time')]), x.shape)],
  ])('%s is x', ([, y]) => expect(simple(y)).toBe(x))

  test.for<[string, Sym]>([
    ['x + 0, which turns −0 into 0', add(x, scalar(0))],
    ['1 / x', div(scalar(1), x)],
    ['0 − x', sub(scalar(0), x)],
    ['x · 1 in a larger shape', mul(x, constant(f32([3, 1, 1], new Float32Array(3).fill(1))))],
  ])('%s stays', ([, y]) => expect(simple(y)).toBe(y))
})

test('what no output needs is gone, with its inputs', () => {
  const graph = simplify(outputsOf({ y: mul(x, scalar(1)) }))
  expect([...graph.inputs.keys()]).toEqual(['x'])
  const unused = input('unused', 'f32', [1])
  expect([...simplify(outputsOf({ y: x, z: unused })).inputs.keys()]).toEqual(['x', 'unused'])
})
