import { describe, expect, test } from 'vitest'
import { decodeAnswer, decodeFrame, encodeAnswer, encodeFrame } from '../../src/service/frame.ts'

describe('frames', () => {
  test('values with arrays of every kind come back equal, and arrays are aligned', () => {
    const value = {
      text: 'naïve 🪁 "\\',
      n: [1, -0.5, Number.NaN, Number.POSITIVE_INFINITY, null, true],
      odd: Uint8Array.of(1, 2, 3),
      nested: {
        f: { dtype: 'f32', shape: [2, 2], data: Float32Array.of(1, Number.NaN, -0, 1e-40) },
        i: Int32Array.of(-7),
      },
      empty: new Float32Array(),
    }
    const bytes = encodeFrame(value)
    expect(decodeFrame(bytes)).toEqual(value)
    // As it may lie inside a larger buffer, at any offset.
    const within = new Uint8Array(bytes.length + 3)
    within.set(bytes, 3)
    expect(decodeFrame(within.subarray(3))).toEqual(value)
    const views = new Uint8Array(encodeFrame({ a: Uint8Array.of(1), b: Float32Array.of(2.5) }))
    expect((decodeFrame(views) as { b: Float32Array }).b).toEqual(Float32Array.of(2.5))
  })

  test('a view of a larger array sends its own cells only', () => {
    const all = Float32Array.from({ length: 1000 }, (_, i) => i)
    const bytes = encodeFrame({ a: all.subarray(10, 12) })
    expect(bytes.length).toBeLessThan(100)
    expect(decodeFrame(bytes)).toEqual({ a: Float32Array.of(10, 11) })
  })

  test('what has no array in it is plain JSON', () => {
    const { type, bytes } = encodeAnswer({ a: [1, 'x', Number.NEGATIVE_INFINITY] })
    expect([type, new TextDecoder().decode(bytes)]).toEqual([
      'application/json',
      '{"a":[1,"x",{"$number":"-Infinity"}]}',
    ])
    expect(decodeAnswer(type, bytes)).toEqual({ a: [1, 'x', Number.NEGATIVE_INFINITY] })
    expect(encodeAnswer({ a: [{ b: new Int32Array(1) }] }).type).toBe('application/octet-stream')
  })

  test('bytes that are cut, or none of ours, are refused', () => {
    const whole = encodeFrame({ a: Float32Array.of(1, 2, 3, 4) })
    for (let n = 0; n < whole.length; n++)
      expect(() => decodeFrame(whole.slice(0, n))).toThrow(/not what the server sends/)
    expect(() => decodeFrame(new TextEncoder().encode('<html>not a frame</html>'))).toThrow(/not what the server sends/)
    expect(() => decodeAnswer('text/html', new TextEncoder().encode('<html>'))).toThrow(/not what the server sends/)
    expect(() => decodeAnswer('application/json', new TextEncoder().encode('{"a":{"$array":["f32",0,1]}}'))).toThrow()
  })
})
