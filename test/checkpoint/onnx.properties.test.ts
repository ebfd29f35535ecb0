import '../support/cache.ts'
import { closeSync, copyFileSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { judgeOnnx } from '../../src/checkpoint/onnx.ts'
import { load } from '../../src/index.ts'
import { HeadwiseError } from '../../src/words/error.ts'
import { bytes, model, tensor } from './make-onnx.ts'
import { Scratch } from './scratch.ts'

const scratch = new Scratch()
afterAll(() => scratch[Symbol.dispose]())
const whole = scratch.path('m.onnx')
let exported: Uint8Array
beforeAll(async () => {
  await using m = await load('specimen', { threads: 1 })
  exported = (
    await m.export([{ do: 'scale', by: 0.5, at: { site: 'z', layer: 1, stack: 'decoder' } }], { data: 'w.bin' })
  ).model
  writeFileSync(whole, exported)
})

/** Whether the judge accepts; anything but our own error about this file fails the test. */
function accepts(path: string): boolean {
  const start = performance.now()
  try {
    judgeOnnx(path)
    return true
  } catch (error) {
    if (!(error instanceof HeadwiseError)) throw error
    expect(error).toMatchObject({ fault: 'data', file: expect.stringContaining(scratch.folder) })
    expect(error.where).toBeTypeOf('string')
    return false
  } finally {
    expect(performance.now() - start).toBeLessThan(20_000)
  }
}

/** The place of the mutations: bytes that are no weights, which are most of the file. */
const structure = (content: Uint8Array): number[] => {
  const places: number[] = []
  // Names are ASCII; what stands near one is structure.
  const text = Buffer.from(content).toString('latin1')
  for (const { index } of text.matchAll(/[A-Za-z_.]{5,}/g)) for (let i = -12; i < 12; i++) places.push(index + i)
  return places.filter(i => i >= 0 && i < content.length)
}

interface Change {
  readonly at: number
  readonly bytes: Uint8Array
}
const insertions = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 4 }),
  fc.constantFrom(
    Uint8Array.of(0x80),
    new Uint8Array(10).fill(0xff),
    Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f),
    Uint8Array.of(0x3e),
    Uint8Array.of(0x3f),
    Uint8Array.of(0x2a, 0),
  ),
)

test('an exported model as it is', () => {
  expect(judgeOnnx(whole).initializers).toBeGreaterThan(10)
})

test('an exported model with bytes overwritten', () => {
  const places = structure(exported)
  expect(places.length).toBeGreaterThan(1000)
  const path = scratch.path('changed.onnx')
  copyFileSync(whole, path)
  const file = openSync(path, 'r+')
  const outcomes = { accepted: 0, refused: 0 }
  const change: fc.Arbitrary<Change> = fc.record({ at: fc.constantFrom(...places), bytes: insertions })
  try {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), changes => {
        const fitting = changes.map(c => ({ ...c, bytes: c.bytes.subarray(0, exported.length - c.at) }))
        for (const c of fitting) writeSync(file, c.bytes, 0, c.bytes.length, c.at)
        outcomes[accepts(path) ? 'accepted' : 'refused']++
        for (const c of fitting) writeSync(file, exported, c.at, c.bytes.length, c.at)
      }),
      { numRuns: 500 },
    )
  } finally {
    closeSync(file)
  }
  expect(outcomes.refused).toBeGreaterThan(50)
  expect(accepts(path)).toBe(true)
})

test('an exported model that is cut anywhere', () => {
  const path = scratch.path('cut.onnx')
  copyFileSync(whole, path)
  // From longest to shortest, so that one copy is cut again and again. The operator sets after the graph are no loss here.
  const lengths = fc.sample(fc.integer({ min: 0, max: exported.length - 16 }), 200).sort((x, y) => y - x)
  for (const length of lengths) {
    truncateSync(path, length)
    expect(accepts(path), `${length} of ${exported.length} bytes`).toBe(false)
  }
})

test('small models of every kind of content with bytes changed, put in and taken out', () => {
  scratch.write('w.bin', Buffer.alloc(64))
  const seeds = [
    model(
      bytes(
        5,
        tensor({
          external: [
            ['location', 'w.bin'],
            ['offset', '16'],
            ['length', '16'],
          ],
        }),
      ),
    ),
    model(bytes(5, tensor({ name: '__proto__', dims: [2, 2], raw: Buffer.alloc(16) }))),
    model(bytes(15, Buffer.concat([bytes(1, tensor({ more: [bytes(4, Buffer.alloc(16))] })), bytes(2, tensor())]))),
  ]
  const mutation = fc.record({
    seed: fc.constantFrom(...seeds),
    at: fc.nat(200),
    drop: fc.option(fc.nat(3)),
    bytes: insertions,
  })
  const outcomes = { accepted: 0, refused: 0 }
  fc.assert(
    fc.property(mutation, m => {
      const at = m.at % m.seed.length
      const changed = Buffer.concat([m.seed.subarray(0, at), m.bytes, m.seed.subarray(at + (m.drop ?? m.bytes.length))])
      outcomes[accepts(scratch.write('small.onnx', changed)) ? 'accepted' : 'refused']++
    }),
    { numRuns: 1500 },
  )
  expect(outcomes.accepted).toBeGreaterThan(30)
  expect(outcomes.refused).toBeGreaterThan(500)
})
