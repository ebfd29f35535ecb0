import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { codecOf } from '../../src/checkpoint/dequantise.ts'
import { readTensor } from '../../src/checkpoint/read-tensor.ts'
import type { StoredTensor } from '../../src/checkpoint/tensors.ts'
import { faultOf } from './fault.ts'
import { Scratch } from './scratch.ts'

interface Fixture {
  halves: { count: number; sha256: string }
  cases: { type: string; bytes: string; values: string }[]
}
const fixture = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/dequantise/blocks.json'), 'utf8'),
) as Fixture

const tensor = (dtype: string, rest: Partial<StoredTensor> = {}): StoredTensor => ({
  name: 'w',
  dtype,
  shape: [],
  file: 'f',
  offset: 0,
  bytes: 0,
  ...rest,
})
const floats = (hex: string): Float32Array => new Float32Array(new Uint8Array(Buffer.from(hex, 'hex')).buffer)
/** Bits, so that −0 is not 0; every NaN counts as the same. */
const bits = (values: Float32Array): number[] =>
  Array.from(values, x => (Number.isNaN(x) ? -1 : (new Uint32Array(Float32Array.of(x).buffer)[0] ?? 0)))

test.each(fixture.cases)('$type gives the very bits of gguf-py and numpy', ({ type, bytes, values }) => {
  const [from, expected] = [Buffer.from(bytes, 'hex'), floats(values)]
  const codec = codecOf(tensor(type))
  expect((from.length / codec.bytes) * codec.block).toBe(expected.length)
  const out = new Float32Array(expected.length)
  codec.decode(new Uint8Array(from), out)
  expect(bits(out)).toEqual(bits(expected))
  // Bytes that begin at an odd place of a larger buffer.
  const shifted = new Uint8Array(from.length + 1)
  shifted.set(from, 1)
  out.fill(7)
  codec.decode(shifted.subarray(1), out)
  expect(bits(out)).toEqual(bits(expected))
})

test('every float16 has the value that numpy gives it', () => {
  const out = new Float32Array(65_536)
  codecOf(tensor('F16')).decode(new Uint8Array(Uint16Array.from({ length: 65_536 }, (_, i) => i).buffer), out)
  const numbers = out.filter(x => !Number.isNaN(x))
  expect(numbers.length).toBe(fixture.halves.count)
  expect(createHash('sha256').update(new Uint8Array(numbers.buffer)).digest('hex')).toBe(fixture.halves.sha256)
  expect(out.findIndex(x => Number.isNaN(x))).toBe(0x7c01)
})

test('types that are no weights are refused by name, with those that can be', async () => {
  for (const found of ['BOOL', 'I64', 'Q6_K', 'constructor'])
    expect(await faultOf(() => codecOf(tensor(found)))).toMatchObject({
      code: 'weight-type',
      where: 'w',
      found,
      allowed: expect.stringMatching(/F32.*Q4_1/),
    })
})

test('a whole tensor is read from its place in the file', () => {
  using scratch = new Scratch()
  const file = scratch.write('f', Buffer.concat([Buffer.from('xyz'), Buffer.from(Float32Array.of(1, 2).buffer)]))
  expect(readTensor(tensor('F32', { file, offset: 3, bytes: 8, shape: [2] }))).toEqual(Float32Array.of(1, 2))
})
