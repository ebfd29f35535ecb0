import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { judgeOnnx } from '../../src/checkpoint/onnx.ts'
import { faultOf } from './fault.ts'
import { bytes, message, model, node, number, raw, type TensorParts, tag, tensor, varint, weight } from './make-onnx.ts'
import { type Case, check } from './onnx-case.ts'
import { Scratch } from './scratch.ts'

test('what a healthy model holds, in its graph, in nodes and in the file beside it', () => {
  using scratch = new Scratch()
  scratch.write('deep/w.bin', raw(64))
  const inside = message(6, bytes(5, tensor({ name: '__proto__', raw: raw(16) })))
  const outside = (name: string, more: readonly (readonly [string, string])[]) =>
    bytes(5, tensor({ name, external: [['location', 'deep/w.bin'], ...more] }))
  const sparse = message(15, bytes(1, tensor({ name: 's', raw: raw(16) })), bytes(2, tensor({ type: 7, raw: raw(32) })))
  const path = scratch.write(
    'm.onnx',
    model(
      bytes(5, tensor({ name: '__proto__', dims: [2, 2], raw: raw(16) })),
      bytes(5, tensor({ name: 'empty', dims: [0, 2 ** 40] })),
      outside('constructor', [
        ['offset', '48'],
        ['length', '16'],
        ['checksum', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
      ]),
      outside('whole', []),
      node(bytes(5, tensor({ name: '', raw: raw(16) }))),
      node(inside),
      sparse,
    ),
  )
  expect(judgeOnnx(path)).toEqual({
    initializers: 6,
    external: [
      { name: 'constructor', location: 'deep/w.bin', offset: 48, length: 16 },
      { name: 'whole', location: 'deep/w.bin', offset: 0, length: 16 },
    ],
  })
})

describe('every way to hold values is measured by the shape', () => {
  const packed = (field: number, length: number) => ({ more: [bytes(field, raw(length))] })
  const ways: [string, TensorParts, TensorParts][] = [
    ['float_data', packed(4, 16), packed(4, 12)],
    ['float_data one by one', { dims: [1], more: [tag(4, 5), raw(4)] }, { dims: [2], more: [tag(4, 5), raw(4)] }],
    ['a float_data that ends within a number', packed(4, 16), packed(4, 15)],
    ['int32_data', { type: 6, ...packed(5, 4) }, { type: 6, ...packed(5, 5) }],
    ['int32_data of 4-bit elements', { type: 22, ...packed(5, 2) }, { type: 22, ...packed(5, 4) }],
    [
      'int64_data one by one',
      { type: 7, dims: [], more: [number(7, -1)] },
      { type: 7, dims: [2], more: [number(7, 1)] },
    ],
    ['double_data', { type: 11, ...packed(10, 32) }, { type: 11, ...packed(10, 31) }],
    ['complex float_data', { type: 14, ...packed(4, 32) }, { type: 14, ...packed(4, 16) }],
    ['uint64_data', { type: 12, ...packed(11, 4) }, { type: 12, ...packed(11, 3) }],
    ['string_data', { type: 8, dims: [1], more: [bytes(6, 'a')] }, { type: 8, dims: [2], more: [bytes(6, 'a')] }],
    ['raw 4-bit elements', { type: 21, dims: [3], raw: raw(2) }, { type: 21, dims: [3], raw: raw(3) }],
    ['raw_data shorter than the dims', { raw: raw(16) }, { raw: raw(15) }],
    ['raw_data of a scalar', { dims: [], raw: raw(4) }, { dims: [], raw: raw(0) }],
    [
      'packed dims',
      { dims: [], raw: raw(8), more: [bytes(1, varint(2))] },
      { dims: [2], raw: raw(8), more: [number(1, 2)] },
    ],
    ['no content at all', { dims: [0] }, { dims: [1] }],
  ]
  for (const [name, healthy, hostile] of ways)
    check({
      name,
      healthy: weight(healthy),
      hostile: weight(hostile),
      code: 'onnx-content',
      where: /^initializer "w", \w+_data$/,
    })
  check({
    name: 'values of another type',
    healthy: weight({ type: 6, ...packed(5, 4) }),
    hostile: weight({ type: 6, ...packed(7, 4) }),
    code: 'onnx-content',
    where: 'initializer "w", content',
    found: 'int64_data',
  })
  check({
    name: 'strings that are raw',
    healthy: weight({ type: 2, raw: raw(4) }),
    hostile: weight({ type: 8, raw: raw(4) }),
    code: 'onnx-content',
    where: 'initializer "w", content',
    found: 'raw_data',
  })
  check({
    name: 'two kinds of content',
    healthy: weight(packed(4, 16)),
    hostile: weight({ raw: raw(16), ...packed(4, 16) }),
    code: 'onnx-content',
    where: 'initializer "w", content',
    found: 'raw_data and float_data',
  })
})

describe('what a tensor says of itself', () => {
  const good = weight({ raw: raw(16) })
  const dims = (list: readonly (bigint | number)[]): Pick<Case, 'healthy' | 'hostile' | 'code'> => ({
    healthy: good,
    hostile: weight({ dims: list, raw: raw(16) }),
    code: 'onnx-dims',
  })
  check({ name: 'a dim of -1', ...dims([-1]), where: 'initializer "w", dims', found: [-1n] })
  check({ name: '-1 times -4', ...dims([-1, -4]), where: 'initializer "w", dims' })
  check({ name: 'a product of 2^66', ...dims([2n ** 33n, 2n ** 33n]), where: 'initializer "w", dims' })
  check({ name: '65 dimensions', ...dims(Array.from({ length: 65 }, () => 1)), where: /^byte \d+$/, found: 65 })
  for (const type of [0, 27, 99, -1])
    check({
      name: `element type ${type}`,
      healthy: good,
      hostile: weight({ type, raw: raw(16) }),
      code: 'onnx-type',
      where: 'initializer "w", data_type',
      found: BigInt(type),
    })
  const named = (...names: readonly string[]): Buffer =>
    model(...names.map(name => bytes(5, tensor({ name, raw: raw(16) }))))
  const twins = { healthy: named('a', 'b'), code: 'onnx-name' }
  check({ name: 'a name twice', ...twins, hostile: named('a', 'a'), where: 'initializer "a"', found: 'a' })
  check({
    name: '__proto__ twice',
    ...twins,
    hostile: named('__proto__', '__proto__'),
    where: 'initializer "__proto__"',
  })
  check({ name: 'no name', ...twins, hostile: named('a', ''), where: /^initializer at byte \d+$/, found: '' })
  check({
    name: 'a name that is not UTF-8',
    healthy: good,
    hostile: model(message(5, number(1, 0), number(2, 1), bytes(8, Uint8Array.of(0xff)))),
    code: 'protobuf-text',
    where: /^byte \d+$/,
  })
  check({
    name: 'a name of 1 MB',
    healthy: weight({ name: 'n'.repeat(1000), raw: raw(16) }),
    hostile: weight({ name: 'n'.repeat(1e6), raw: raw(16) }),
    code: 'protobuf-text',
    where: /^byte \d+$/,
    found: 1e6,
  })
  const extra = (more: Buffer) => weight({ raw: raw(16), more: [more] })
  for (const [name, hostile] of [
    ['a second name', extra(bytes(8, 'v'))],
    ['a second element type', extra(number(2, 1))],
    ['a second raw_data', extra(bytes(9, raw(16)))],
    ['a name that is a number', extra(number(8, 1))],
    ['segments', extra(message(3, number(1, 0), number(2, 4)))],
    ['a second graph', Buffer.concat([good, message(7)])],
    ['a graph that is a number', number(7, 1)],
  ] as const)
    check({ name, healthy: extra(bytes(12, 'doc')), hostile, code: 'onnx-field', where: /^byte \d+$/ })
  const sparse = (...parts: readonly Buffer[]) =>
    model(
      message(
        15,
        bytes(1, tensor({ dims: [1], raw: raw(4) })),
        bytes(2, tensor({ dims: [1], type: 7, raw: raw(8) })),
        ...parts,
      ),
    )
  check({
    name: 'a sparse tensor of 2^66 elements',
    healthy: sparse(number(3, 4)),
    hostile: sparse(number(3, 2n ** 33n), number(3, 2n ** 33n)),
    code: 'onnx-dims',
    where: /^sparse tensor at byte \d+, dims$/,
    found: [2n ** 33n, 2n ** 33n],
  })
  check({
    name: 'a tensor in an attribute of a node in a graph in an attribute',
    healthy: model(node(message(6, node(bytes(5, tensor({ raw: raw(16) })))))),
    hostile: model(node(message(6, node(bytes(5, tensor({ raw: raw(17) })))))),
    code: 'onnx-content',
    where: 'tensor "w", raw_data',
    found: 17,
  })
  check({ name: 'a file of 0 bytes', healthy: good, hostile: raw(0), code: 'onnx-graph', where: 'graph' })
})

test('a model that is a folder, a pipe, or not there is never opened to find out', async () => {
  using scratch = new Scratch()
  execFileSync('mkfifo', [scratch.path('pipe.onnx')])
  expect(await faultOf(() => judgeOnnx(scratch.folder))).toMatchObject({ code: 'not-a-regular-file' })
  expect(await faultOf(() => judgeOnnx(scratch.path('pipe.onnx')))).toMatchObject({ code: 'not-a-regular-file' })
  expect(await faultOf(() => judgeOnnx(scratch.path('no.onnx')))).toMatchObject({ code: 'file-missing' })
})
