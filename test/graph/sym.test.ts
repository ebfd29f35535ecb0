import { expect, test } from 'vitest'
import { dim } from '../../src/graph/dim.ts'
import { attention } from '../../src/graph/primitives/attention.ts'
import { rmsNorm, rope, softmax } from '../../src/graph/primitives/composite.ts'
import { linear, matmul } from '../../src/graph/primitives/contract.ts'
import { add, div, exp, where } from '../../src/graph/primitives/elementwise.ts'
import { gather, gatherAlong } from '../../src/graph/primitives/index-by.ts'
import { input, scalar } from '../../src/graph/primitives/leaf.ts'
import { argmax, sum } from '../../src/graph/primitives/reduce.ts'
import { concat, expand, permute, reshape, slice } from '../../src/graph/primitives/shape.ts'
import { type Sym, scoped, topological } from '../../src/graph/sym.ts'
import { HeadwiseError } from '../../src/words/error.ts'

const time = dim('time')
const float = (...shape: Sym['shape'][number][]) => input('x', 'f32', shape)
const int = (...shape: Sym['shape'][number][]) => input('i', 'i32', shape)
const caught = (build: () => unknown): HeadwiseError => {
  try {
    build()
  } catch (e) {
    if (e instanceof HeadwiseError) return e
  }
  throw new Error('nothing was refused')
}

test('a refused operation names itself, its operands, the line that asked and the part of the model', () => {
  const e = caught(() => scoped('decoder.6', () => matmul(float(2, time, 3), float(4, 5))))
  expect(e.message).toMatch(
    /^matmul\(f32\[2, time, 3\], f32\[4, 5\]\): the inner sizes 3 and 4 differ \(at graph\/sym\.test\.ts:\d+, in decoder\.6\)\.$/,
  )
  expect(e).toMatchObject({
    code: 'graph-type',
    fault: 'failed',
    where: expect.stringMatching(/^graph\/sym\.test\.ts:\d+$/),
    found: 'f32[2, time, 3], f32[4, 5]',
    allowed: 'the inner sizes 3 and 4 differ',
  })
})

test('the part of the model is left again, also after an error', () => {
  expect(() =>
    scoped('outer', () =>
      scoped('inner', () => {
        throw new Error('stop')
      }),
    ),
  ).toThrow('stop')
  expect(exp(float(1)).scope).toBe('')
  expect(scoped('outer', () => [scoped('inner', () => exp(float(1))), exp(float(2))]).map(s => s.scope)).toEqual([
    'inner',
    'outer',
  ])
})

/** Operations that are refused, each beside a twin that is not. */
const rules: readonly [name: string, refused: () => Sym, healthy: () => Sym, why: string][] = [
  ['add of shapes', () => add(float(2), float(3)), () => add(float(2), float(1)), 'do not broadcast'],
  ['add of types', () => add(float(2), int(2)), () => add(int(2), int(2)), 'takes two of one type'],
  ['division of whole numbers', () => div(int(2), int(2)), () => div(float(2), float(2)), 'takes two of one type, f32'],
  ['exp of int32', () => exp(int(2)), () => exp(float(2)), 'takes float32'],
  [
    'where',
    () => where(float(1), float(2), float(2)),
    () => where(input('m', 'bool', [1]), float(2), float(2)),
    'bool',
  ],
  ['sum of a missing axis', () => sum(float(2), 1), () => sum(float(2), 0), 'below 1'],
  ['argmax over nothing', () => argmax(float(2, 0), 1), () => argmax(float(2, 1), 1), 'empty axis'],
  ['argmax of a missing axis', () => argmax(float(2), 1), () => argmax(float(2), 0), 'below 1'],
  ['matmul of vectors', () => matmul(float(2), float(2)), () => matmul(float(1, 2), float(2, 1)), 'two matrices'],
  ['matmul over nothing', () => matmul(float(2, 0), float(0, 2)), () => matmul(float(0, 2), float(2, 0)), 'no cells'],
  [
    'matmul of stacks',
    () => matmul(float(2, 1, 1), float(3, 1, 1)),
    () => matmul(float(2, 1, 1), float(1, 1)),
    'stacks',
  ],
  ['linear widths', () => linear(float(3), float(2, 4)), () => linear(float(4), float(2, 4)), 'rows of 3'],
  ['linear bias', () => linear(float(4), float(2, 4), float(3)), () => linear(float(4), float(2, 4), float(2)), 'bias'],
  [
    'linear of unknown width',
    () => linear(float(time), float(2, time)),
    () => linear(float(1), float(2, 1)),
    'known width',
  ],
  ['reshape', () => reshape(float(2, 3), [5]), () => reshape(float(2, 3), [6]), 'cannot hold [5]'],
  [
    'reshape of named sizes',
    () => reshape(float(2, time), [time]),
    () => reshape(float(1, time), [time]),
    'cannot hold',
  ],
  ['permute', () => permute(float(2, 3), [0, 0]), () => permute(float(2, 3), [1, 0]), 'not an order'],
  ['expand', () => expand(float(2), [3]), () => expand(float(1), [3]), 'does not broadcast'],
  ['slice beyond', () => slice(float(2), 0, 0, 3), () => slice(float(2), 0, 0, 2), 'leaves the axis of 2'],
  ['slice backwards', () => slice(float(5), 0, 3, 2), () => slice(float(5), 0, 3, 3), 'before its start'],
  ['slice of a missing axis', () => slice(float(2), 1, 0, 1), () => slice(float(2), 0, 0, 1), 'no axis 1'],
  [
    'concat',
    () => concat([float(2, 3), float(2, 4)], 0),
    () => concat([float(2, 3), float(2, 4)], 1),
    'but for axis 0',
  ],
  ['gather by floats', () => gather(float(2), float(1)), () => gather(float(2), int(1)), 'int32 indices'],
  [
    'gatherAlong',
    () => gatherAlong(float(2, 3), int(1, 1), 1),
    () => gatherAlong(float(2, 3), int(2, 1), 1),
    'same shape',
  ],
  ['softmax of a number', () => softmax(scalar(1)), () => softmax(float(1)), 'at least one axis'],
  ['rmsNorm', () => rmsNorm(float(2, 3), float(2), 1), () => rmsNorm(float(2, 3), float(3), 1), 'one weight'],
  [
    'rope tables',
    () => rope(float(1, 2, 1, 4), float(2, 1), float(2, 1), int(1, 2)),
    () => rope(float(1, 2, 1, 4), float(2, 2), float(2, 2), int(1, 2)),
    'do not turn heads of 4',
  ],
  [
    'attention groups',
    () => attention(float(1, 2, 3, 4), float(1, 2, 2, 4), float(1, 2, 2, 4), { scale: 1, tile: 2, tiles: 1 }),
    () => attention(float(1, 2, 4, 4), float(1, 2, 2, 4), float(1, 2, 2, 4), { scale: 1, tile: 2, tiles: 1 }),
    'do not share 2 groups',
  ],
  [
    'attention batches',
    () => attention(float(1, 2, 2, 4), float(3, 2, 2, 4), float(3, 2, 2, 4), { scale: 1, tile: 2, tiles: 1 }),
    () => attention(float(3, 2, 2, 4), float(3, 2, 2, 4), float(3, 2, 2, 4), { scale: 1, tile: 2, tiles: 1 }),
    'takes q',
  ],
]
test.for(rules)('%s is refused, its twin is not', ([, refused, healthy, why]) => {
  expect(caught(refused).message).toContain(why)
  expect(healthy().operation.name).not.toBe('')
})

test('nodes are listed once, operands first, however deep the graph is', () => {
  let x = float(1)
  for (let i = 0; i < 20_000; i++) x = add(x, x)
  const order = topological([x, x])
  expect(order.length).toBe(20_001)
  expect(order[0]!.operation.name).toBe('input')
  expect(order.at(-1)).toBe(x)
})
