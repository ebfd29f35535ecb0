import { afterAll, describe, expect, test } from 'vitest'
import { addDims, type Dim, dim, mulDims } from '../../src/graph/dim.ts'
import { attention } from '../../src/graph/primitives/attention.ts'
import { logsumexp, rmsNorm, rope, silu } from '../../src/graph/primitives/composite.ts'
import { linear, matmul } from '../../src/graph/primitives/contract.ts'
import { add, exp, mul } from '../../src/graph/primitives/elementwise.ts'
import { gather, gatherAlong, iota } from '../../src/graph/primitives/index-by.ts'
import { constant, input, scalar, weight } from '../../src/graph/primitives/leaf.ts'
import { sum } from '../../src/graph/primitives/reduce.ts'
import { concat, expand, permute, reshape, slice } from '../../src/graph/primitives/shape.ts'
import type { Graph, Sym } from '../../src/graph/sym.ts'
import type { Backend } from '../../src/runtime/backend.ts'
import { nodeBackend } from '../../src/runtime/node.ts'
import { referenceBackend } from '../../src/runtime/reference.ts'
import { webBackend } from '../../src/runtime/web.ts'
import { f32, i32, sizeOf } from '../../src/words/arrays.ts'
import { HeadwiseError } from '../../src/words/error.ts'
import '../support/allclose.ts'
import { outputsOf } from '../support/run.ts'
import { fileWeights } from '../support/weights.ts'

const [batch, time, past] = [dim('batch'), dim('time'), dim('past')]
/** Numbers without a pattern, the same on every machine: the fractional parts of multiples of the golden ratio. */
const noise = (shape: readonly number[], seed = 0) =>
  f32(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => (((i + 1 + 1000 * seed) * 0.6180339887498949) % 1) - 0.5),
  )

const weights = fileWeights({
  embed: noise([11, 6], 1),
  norm: noise([6], 2),
  up: noise([8, 6], 3),
  bias: noise([8], 4),
})
const backends: readonly Backend[] = [
  referenceBackend(),
  await nodeBackend(1),
  await webBackend({ device: 'wasm', threads: 1 }),
]
const [reference] = backends as readonly [Backend, Backend]
afterAll(() => weights[Symbol.dispose]())

const x = input('x', 'f32', [batch, time, 4])
const refusal = async (run: Promise<unknown>): Promise<HeadwiseError> => {
  const e = await run.then(
    () => new Error('nothing was refused'),
    (error: unknown) => error,
  )
  expect(e).toBeInstanceOf(HeadwiseError)
  return e as HeadwiseError
}

/** Graphs with named sizes, each with the feeds of one run. */
function graphs(): Record<
  string,
  { outputs: Record<string, Sym>; feeds: Parameters<Awaited<ReturnType<Backend['compile']>>['run']>[0] }
> {
  const ids = input('ids', 'i32', [batch, time])
  const rows = rmsNorm(gather(weight('embed', [11, 6]), ids), weight('norm', [6]), 1e-5)
  const hidden = silu(linear(rows, weight('up', [8, 6]), weight('bias', [8])))
  const idsFed = i32([2, 3], Int32Array.of(0, 10, 3, 7, 7, 1))

  const q = input('q', 'f32', [batch, time, 4, 2])
  const [k, v] = ['k', 'v'].map(n => input(n, 'f32', [batch, addDims(past, time), 2, 2])) as [Sym, Sym]
  const old = input('old', 'f32', [batch, past])
  const keys: Dim = addDims(past, time)
  const positions = add(input('offset', 'i32', [batch, 1]), iota(time))
  return {
    'an embedding, a norm, a linear map and an activation': { outputs: { rows, hidden }, feeds: { ids: idsFed } },
    'attention with a past': {
      outputs: { z: attention(q, k, v, { scale: 0.7, tile: 2, tiles: 2 }), before: old },
      feeds: {
        q: noise([2, 4, 4, 2]),
        k: noise([2, 7, 2, 2], 1),
        v: noise([2, 7, 2, 2], 2),
        old: noise([2, 3]),
      },
    },
    'rotation by fed positions': {
      outputs: {
        y: rope(reshape(x, [batch, time, 2, 2]), constant(noise([9, 1], 1)), constant(noise([9, 1], 2)), positions),
      },
      feeds: { x: noise([2, 3, 4]), offset: i32([2, 1], Int32Array.of(0, 5)) },
    },
    'shapes that are polynomials': {
      outputs: {
        flat: reshape(x, [mulDims(batch, time), 4]),
        wide: expand(reshape(old, [batch, 1, past]), [batch, time, past]),
        joined: concat([old, reshape(sum(x, 2), [batch, time])], 1),
        last: slice(x, 1, addDims(time, 1, -1), time),
        steps: mul(iota(mulDims(2, keys)), iota(mulDims(keys, 2))),
        turned: permute(x, [2, 0, 1]),
      },
      feeds: { x: noise([2, 3, 4]), old: noise([2, 5], 1) },
    },
    'the log of a sum and the picked cell': {
      outputs: { lse: logsumexp(x), picked: gatherAlong(x, input('pick', 'i32', [batch, time, 1]), -1) },
      feeds: { x: noise([2, 3, 4]), pick: i32([2, 3, 1], Int32Array.of(0, 1, 2, 3, 0, 1)) },
    },
    'outputs that are inputs, constants, weights and twins': {
      outputs: { same: x, again: x, one: scalar(1), added: weight('bias', [8]), e: exp(x), twin: exp(x) },
      feeds: { x: noise([1, 2, 4]) },
    },
  }
}

describe.for(backends.map(b => [b.name, b] as const))('the %s backend', ([, backend]) => {
  test.for(Object.entries(graphs()))('%s', async ([, { outputs, feeds }]) => {
    const graph = outputsOf(outputs)
    await using expected = await reference.compile(graph, weights)
    await using found = await backend.compile(graph, weights)
    const [e, f] = [await expected.run(feeds), await found.run(feeds)]
    expect(Object.keys(f)).toEqual(Object.keys(outputs))
    for (const name of Object.keys(outputs)) expect(f[name]).toBeAllclose(e[name]!, { rtol: 1e-5, atol: 1e-6 })
  })

  test('one compiled graph serves every size of its named dims', async () => {
    await using executable = await backend.compile(outputsOf({ y: matmul(x, permute(x, [0, 2, 1])) }), weights)
    for (const [b, t] of [
      [1, 1],
      [3, 2],
      [1, 7],
    ] as const)
      expect((await executable.run({ x: noise([b, t, 4]) })).y!.shape).toEqual([b, t, t])
  })

  test('a resident session computes the same', async () => {
    const { outputs, feeds } = graphs()['an embedding, a norm, a linear map and an activation']!
    await using once = await backend.compile(outputsOf(outputs), weights, 'once')
    await using resident = await backend.compile(outputsOf(outputs), weights, 'resident')
    expect((await resident.run(feeds)).hidden).toBeAllclose((await once.run(feeds)).hidden!, { rtol: 1e-6, atol: 1e-7 })
  })

  test('into: only the named outputs are computed, and written in place', async () => {
    await using executable = await backend.compile(outputsOf({ double: add(x, x), e: exp(x) }), weights)
    const feeds = { x: noise([1, 2, 4]) }
    const double = f32([1, 2, 4], new Float32Array(8).fill(9))
    const out = await executable.run(feeds, { into: { double } })
    expect(Object.keys(out)).toEqual(['double'])
    expect(out.double!.data).toBe(double.data)
    expect([...double.data]).toEqual([...feeds.x.data].map(v => 2 * v))
  })

  test('into: a subarray of a larger one is written, and nothing beside it', async () => {
    await using executable = await backend.compile(outputsOf({ double: add(x, x) }), weights)
    const slab = new Float32Array(24).fill(9)
    await executable.run({ x: noise([1, 2, 4]) }, { into: { double: f32([1, 2, 4], slab.subarray(8, 16)) } })
    expect([...slab.subarray(0, 8), ...slab.subarray(16)]).toEqual(new Array(16).fill(9))
    expect(slab[8]).toBe(2 * noise([1, 2, 4]).data[0]!)
  })

  describe('refuses', () => {
    const graph: Graph = outputsOf({ y: add(x, reshape(input('row', 'f32', [batch, time]), [batch, time, 1])) })
    const good = { x: noise([2, 3, 4]), row: noise([2, 3]) }
    test.for<[string, Record<string, unknown>, where: string, found: string, allowed: string]>([
      ['a missing input', { row: undefined }, 'row', 'nothing', 'f32[batch, time]'],
      ['another type', { row: i32([2, 3], new Int32Array(6)) }, 'row', 'i32[2, 3]', 'f32[batch, time]'],
      ['another rank', { row: noise([6]) }, 'row', 'f32[6]', 'f32[batch, time]'],
      ['another size', { x: noise([2, 3, 5]) }, 'x', 'f32[2, 3, 5]', 'f32[batch, time, 4]'],
      ['sizes that disagree', { row: noise([2, 4]) }, 'row', 'f32[2, 4]', 'f32[batch, time] where batch = 2, time = 3'],
      [
        'no rows',
        { x: noise([2, 0, 4]), row: noise([2, 0]) },
        'x',
        'f32[2, 0, 4]',
        'f32[batch, time, 4] where batch = 2',
      ],
      [
        'too few values',
        { row: f32([2, 3], new Float32Array(5)) },
        'row',
        'f32[2, 3] with 5 values',
        'f32[batch, time]',
      ],
    ])('%s', async ([, change, where, found, allowed]) => {
      await using executable = await backend.compile(graph, weights)
      const e = await refusal(executable.run({ ...good, ...change } as typeof good))
      expect(e).toMatchObject({ code: 'graph-feed', where, found, allowed })
      expect(e.message).toBe(`The input "${where}" of the graph takes ${allowed}; found ${found}.`)
      expect((await executable.run(good)).y!.shape).toEqual([2, 3, 4])
    })

    test('an input whose size is a sum that the other sizes do not give', async () => {
      const mask = input('mask', 'f32', [time, addDims(past, time)])
      await using executable = await backend.compile(
        outputsOf({ y: exp(mask), before: input('old', 'f32', [past]), same: x }),
        weights,
      )
      const feeds = { old: noise([5]), x: noise([1, 3, 4]) }
      expect(await refusal(executable.run({ ...feeds, mask: noise([3, 7]) }))).toMatchObject({
        where: 'mask',
        found: 'f32[3, 7]',
      })
      expect((await executable.run({ ...feeds, mask: noise([3, 8]) })).y!.shape).toEqual([3, 8])
    })

    test.for<[string, Record<string, unknown>, object]>([
      ['an output that there is not', { z: noise([2, 3, 4]) }, { code: 'graph-output', where: 'z', allowed: 'y' }],
      ['an array of another shape', { y: noise([2, 3, 5]) }, { code: 'graph-feed', where: 'y', found: 'f32[2, 3, 5]' }],
    ])('into %s', async ([, into, expected]) => {
      await using executable = await backend.compile(graph, weights)
      expect(await refusal(executable.run(good, { into: into as typeof good }))).toMatchObject(expected)
      expect((await executable.run(good, { into: { y: noise([2, 3, 4]) } })).y!.shape).toEqual([2, 3, 4])
    })

    test('a closed session, and closes twice without complaint', async () => {
      const executable = await backend.compile(graph, weights)
      expect((await executable.run(good)).y!.shape).toEqual([2, 3, 4])
      await executable[Symbol.asyncDispose]()
      expect(await refusal(executable.run(good))).toMatchObject({ code: 'session-closed', fault: 'failed' })
      await executable[Symbol.asyncDispose]()
    })

    test('to begin after an abort', async () => {
      await using executable = await backend.compile(graph, weights)
      const e = await refusal(executable.run(good, { signal: AbortSignal.abort() }))
      expect(e).toMatchObject({ code: 'interrupted', fault: 'interrupted' })
      expect((await executable.run(good, { signal: new AbortController().signal })).y!.shape).toEqual([2, 3, 4])
    })

    test('an index outside its table', async () => {
      const ids = input('ids', 'i32', [time])
      await using executable = await backend.compile(outputsOf({ y: gather(weight('embed', [11, 6]), ids) }), weights)
      expect(await refusal(executable.run({ ids: i32([1], Int32Array.of(11)) }))).toBeInstanceOf(HeadwiseError)
      expect((await executable.run({ ids: i32([1], Int32Array.of(10)) })).y!.shape).toEqual([1, 6])
    })

    test('a weight that the file does not hold', async () => {
      const run = async () => {
        await using executable = await backend.compile(outputsOf({ y: exp(weight('absent', [1])) }), weights)
        await executable.run({})
      }
      expect(await refusal(run())).toMatchObject({ code: 'weight-missing', where: 'absent' })
    })
  })
})
