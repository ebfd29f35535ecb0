import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sha256Of } from '../../src/browser/sha256.ts'
import { sha256 as twin } from '../../src/browser/twins/words/sha256.ts'
import { sha256 } from '../../src/words/sha256.ts'

const expected = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

test.for([0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 1_000_003])('%i bytes', n => {
  const bytes = Uint8Array.from({ length: n }, (_, i) => (i * 2_654_435_761) >>> 24)
  expect(sha256Of(bytes)).toBe(expected(bytes))
})

test('the examples of FIPS 180-4', () => {
  const of = (text: string): string => sha256Of(new TextEncoder().encode(text))
  expect(of('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  expect(of('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
})

test('any bytes, at any place in their memory', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat({ max: 7 }), (bytes, at) => {
      const moved = new Uint8Array(at + bytes.length + 3)
      moved.set(bytes, at)
      expect(sha256Of(moved.subarray(at, at + bytes.length))).toBe(expected(bytes))
    }),
  )
})

test('texts one behind the other, as in Node', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), texts => {
      expect(twin(...texts)).toBe(sha256(...texts))
    }),
  )
})
