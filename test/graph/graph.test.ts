import { expect, test } from 'vitest'
import { dim } from '../../src/graph/dim.ts'
import { add, exp, mul } from '../../src/graph/primitives/elementwise.ts'
import { input, weight } from '../../src/graph/primitives/leaf.ts'
import type { Sym } from '../../src/graph/sym.ts'
import { outputsOf } from '../support/run.ts'

const x = input('x', 'f32', [dim('time')])

test('a graph holds the inputs that its outputs need, each once', () => {
  const unused = input('unused', 'f32', [1])
  const y = add(mul(x, weight('w', [1])), input('x', 'f32', [dim('time')]))
  const graph = outputsOf({ y })
  expect([...graph.inputs]).toEqual([['x', { dtype: 'f32', shape: [dim('time')] }]])
  expect([...outputsOf({ y, more: exp(x), z: unused }).inputs.keys()]).toEqual(['x', 'unused'])
})

test.for<[string, Record<string, Sym>, string]>([
  [
    'two inputs of different types',
    { y: add(x, input('x', 'f32', [1])) },
    'The graph names both the input f32[time] and the input f32[1] "x"; give one another name.',
  ],
  ['an input and a weight', { y: add(x, weight('x', [1])) }, 'the input f32[time] and the weight f32[1] "x"'],
  ['an input and an output', { x: exp(x) }, 'the input f32[time] and the output f32[time] "x"'],
  ['a weight and an output', { w: exp(weight('w', [1])) }, 'the weight f32[1] and the output f32[1] "w"'],
])('%s of one name are refused', ([, outputs, message]) => {
  expect(() => outputsOf(outputs)).toThrow(message)
})
