import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { SafetensorsWriter } from '../../src/checkpoint/safetensors-writer.ts'
import { readPattern } from '../../src/views/pattern.ts'
import { reduceTo } from '../../src/views/reduce.ts'

const folder = mkdtempSync(join(tmpdir(), 'headwise-views-'))
afterAll(() => rmSync(folder, { recursive: true }))

const [L, H, T] = [2, 3, 4]
const data = Float32Array.from({ length: L * H * T * T }, (_, i) => ((i * 37) % 101) / 101)
const layer = (l: number) => data.subarray(l * H * T * T, (l + 1) * H * T * T)
const head = (l: number, h: number) => data.subarray((l * H + h) * T * T, (l * H + h + 1) * T * T)

let files = 0
async function file(tensors: Readonly<Record<string, readonly [number[], Float32Array]>>): Promise<Uint8Array> {
  const path = join(folder, `${files++}.safetensors`)
  const declared = Object.entries(tensors).map(([name, [shape]]) => ({ name, dtype: 'F32', shape }))
  const writer = await SafetensorsWriter.create(path, declared)
  for (const [name, [, values]] of Object.entries(tensors)) await writer.write(name, values)
  await writer.close()
  return Uint8Array.from(readFileSync(path))
}
const nested = Array.from({ length: L }, (_, l) =>
  Array.from({ length: H }, (_, h) =>
    Array.from({ length: T }, (_, q) => Array.from(head(l, h).subarray(q * T, (q + 1) * T))),
  ),
)

test('a pattern is the same from a file, from its bytes in a buffer, from an array and from lists', async () => {
  const bytes = await file({ logits: [[2, 2], new Float32Array(4)], pattern: [[L, H, T, T], data] })
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  for (const input of [bytes, buffer, { shape: [L, H, T, T], data }, nested]) {
    const patterns = readPattern(input)
    expect(patterns.time).toBe(T)
    expect(patterns.heads).toEqual(['0.0', '0.1', '0.2', '1.0', '1.1', '1.2'])
    for (const name of patterns.heads) {
      const [l = 0, h = 0] = name.split('.').map(Number)
      expect(Float32Array.from(patterns.of(name))).toEqual(head(l, h))
    }
  }
})

test('single layers keep their numbers, and each prompt has its own', async () => {
  const bytes = await file({ '0.pattern.6': [[H, T, T], layer(0)], '1.pattern.6': [[H, T, T], layer(1)] })
  expect(readPattern(bytes, 1).heads).toEqual(['6.0', '6.1', '6.2'])
  expect(Float32Array.from(readPattern(bytes, 0).of('6.2'))).toEqual(head(0, 2))
  expect(Float32Array.from(readPattern(bytes, 1).of('6.2'))).toEqual(head(1, 2))
})

test('what is no pattern is refused in a sentence, whatever its bytes say', async () => {
  const healthy = await file({ pattern: [[L, H, T, T], data] })
  const without = await file({ z: [[2, 2], new Float32Array(4)] })
  expect(() => readPattern(without)).toThrow('There is no pattern here')
  expect(() => readPattern(healthy.subarray(0, healthy.length - 4))).toThrow('does not hold pattern as F32')
  expect(() => readPattern(new Uint8Array(4))).toThrow('no .safetensors file')
  const long = healthy.slice()
  new DataView(long.buffer, long.byteOffset).setBigUint64(0, 2n ** 62n, true)
  expect(() => readPattern(long)).toThrow('the header does not fit')
  expect(() => readPattern({ shape: [1, 4, 3], data: new Float32Array(12) })).toThrow('must be [heads, 4, 4]')
  expect(() => readPattern([[[1], [1, 2]]])).toThrow('not all of the same length')
  expect(() => readPattern(healthy).of('9.9')).toThrow('no pattern of head 9.9')
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 120 }), fc.nat(255), (at, byte) => {
      const broken = healthy.slice()
      broken[at] = byte
      // Either it is still a pattern of some sizes, or it is refused; never anything else.
      try {
        expect(readPattern(broken).time).toBeGreaterThan(0)
      } catch (error) {
        expect(error).toMatchObject({ code: 'view-pattern' })
      }
    }),
  )
})

test('a reduced pattern has the largest entry of every cell', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 12 }), (time, most) => {
      const table = Float32Array.from({ length: time * time }, (_, i) => ((i * 7919) % 997) / 997)
      const { side, step, data } = reduceTo(table, time, most)
      expect(side).toBeLessThanOrEqual(most)
      for (let r = 0; r < side; r++)
        for (let c = 0; c < side; c++) {
          let largest = 0
          for (let q = r * step; q < Math.min(time, (r + 1) * step); q++)
            for (let k = c * step; k < Math.min(q + 1, (c + 1) * step); k++)
              largest = Math.max(largest, table[q * time + k]!)
          expect(data[r * side + c]).toBe(largest)
        }
    }),
  )
})
