import { truncateSync } from 'node:fs'
import { expect, test } from 'vitest'
import { judgeOnnx } from '../../src/checkpoint/onnx.ts'
import { bytes, message, model, node, number, raw, tag, tensor, varint, weight } from './make-onnx.ts'
import { check, judge } from './onnx-case.ts'
import { Scratch } from './scratch.ts'

const good = weight({ raw: raw(16) })
const followed = (...parts: readonly Uint8Array[]) => Buffer.concat([good, ...parts])
const cases: [string, Uint8Array, string, unknown][] = [
  ['a varint without end', followed(tag(50, 0), Buffer.alloc(64, 0xff)), 'protobuf-varint', 10],
  ['a varint that the file cuts', followed(tag(50, 0), Buffer.alloc(3, 0xff)), 'protobuf-varint', 3],
  ['a varint of 70 bits', followed(tag(50, 0), Buffer.alloc(9, 0xff), Buffer.of(2)), 'protobuf-varint', 10],
  ['a length beyond the file', followed(tag(50, 2), varint(5), raw(4)), 'protobuf-length', 5n],
  ['a length of 2^64 - 1', followed(tag(50, 2), varint(-1)), 'protobuf-length', 2n ** 64n - 1n],
  ['a length beyond its message', message(7, tag(5, 2), varint(9), tensor({})), 'protobuf-length', 9n],
  ['a fixed number that the file cuts', followed(tag(50, 1), raw(7)), 'protobuf-length', 8n],
  ['wire type 3', followed(tag(50, 3)), 'protobuf-wire-type', 3],
  ['wire type 4', followed(tag(50, 4)), 'protobuf-wire-type', 4],
  ['wire type 6', followed(tag(50, 6)), 'protobuf-wire-type', 6],
  ['wire type 7', followed(tag(50, 7)), 'protobuf-wire-type', 7],
  ['wire type 6 inside a type', model(message(11, message(2, message(1, tag(1, 6))))), 'protobuf-wire-type', 6],
  ['field number 0', followed(tag(0, 0), raw(1)), 'protobuf-field', 0],
  ['field number 2^29', followed(tag(2 ** 29, 0), raw(1)), 'protobuf-field', 2 ** 29],
]
const known = followed(tag(50, 0), Buffer.alloc(9, 0xff), Buffer.of(1), tag(2 ** 29 - 1, 1), raw(8), tag(51, 5), raw(4))
for (const [name, hostile, code, found] of cases)
  check({ name, healthy: known, hostile, code, where: /^byte \d+$/, found })

const nested = (levels: number): Buffer => {
  let graph: Buffer = Buffer.alloc(0)
  for (let i = 0; i < levels; i++) graph = node(message(6, graph))
  return model(graph)
}
check({
  name: '400 nested bodies',
  healthy: nested(30),
  hostile: nested(400),
  code: 'protobuf-depth',
  where: /^byte \d+$/,
  found: 101,
})

test('a file of 2^31 bytes, and one of a byte less whose weights are passed over', async () => {
  const fault = await judge(s => {
    truncateSync(s.write('m.onnx', weight({ raw: raw(16) })), 2 ** 31)
  })
  expect(fault).toMatchObject({ code: 'protobuf-size', where: 'size', found: 2 ** 31, allowed: 2 ** 31 - 1 })
  using scratch = new Scratch()
  const start = (length: number): Buffer => {
    const head = Buffer.concat([number(1, length), number(2, 2), bytes(8, 'w'), tag(9, 2), varint(length)])
    const whole = length + head.length
    return Buffer.concat([tag(7, 2), varint(whole + 6), tag(5, 2), varint(whole), head])
  }
  const largest = 2 ** 31 - 1
  const path = scratch.write('m.onnx', start(largest - start(largest).length))
  truncateSync(path, largest)
  expect(judgeOnnx(path)).toEqual({ initializers: 1, external: [] })
})

test('more fields than are looked at', async () => {
  const fields = (n: number) => Buffer.concat([weight({ raw: raw(16) }), Buffer.alloc(3 * n, number(50, 1))])
  using scratch = new Scratch()
  expect(() => judgeOnnx(scratch.write('m.onnx', fields(100_000)))).not.toThrow()
  const started = performance.now()
  const fault = await judge(s => s.write('m.onnx', fields(1_500_000)))
  expect(fault).toMatchObject({ code: 'protobuf-limit', found: 1_000_001, allowed: 1_000_000 })
  expect(performance.now() - started).toBeLessThan(20_000)
})

test('more bytes of names than are kept', async () => {
  const named = (n: number) =>
    model(...Array.from({ length: n }, (_, i) => bytes(5, tensor({ name: `${i}${'x'.repeat(65_000)}`, raw: raw(16) }))))
  using scratch = new Scratch()
  expect(() => judgeOnnx(scratch.write('m.onnx', named(500)))).not.toThrow()
  const fault = await judge(s => s.write('m.onnx', named(520)))
  expect(fault).toMatchObject({
    code: 'protobuf-text',
    where: expect.stringMatching(/^byte \d+$/),
    allowed: 32 * 2 ** 20,
  })
})
