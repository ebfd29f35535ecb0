import { expect, test } from 'vitest'
import { KvSlab } from '../../../src/attention/kv/slab.ts'

/** Distinct numbers for rows of one layer: [rows, groups · dimension]. */
const rows = (count: number, from: number) => Float32Array.from({ length: count * 6 }, (_, i) => from + i)

test('rows of every layer lie behind one another, and count only once all layers have them', () => {
  const slab = new KvSlab(2, 5, 2, 3)
  for (const layer of [0, 1]) slab.write(layer, rows(2, 100 * layer), rows(2, 100 * layer + 50))
  expect(slab.past(1).k.shape).toEqual([1, 0, 2, 3])
  slab.advance(2)
  for (const layer of [0, 1]) slab.write(layer, rows(3, 100 * layer + 12), rows(3, 100 * layer + 62))
  expect(slab.past(0).k.data).toEqual(rows(2, 0))
  slab.advance(3)
  expect(slab.length).toBe(5)
  for (const layer of [0, 1]) {
    const { k, v } = slab.past(layer)
    expect([k.shape, v.shape]).toEqual([
      [1, 5, 2, 3],
      [1, 5, 2, 3],
    ])
    expect([k.data, v.data]).toEqual([rows(5, 100 * layer), rows(5, 100 * layer + 50)])
  }
})

test('the past is a view: nothing is copied to be fed', () => {
  const slab = new KvSlab(1, 4, 2, 3)
  slab.write(0, rows(1, 0), rows(1, 0))
  slab.advance(1)
  const before = slab.past(0)
  slab.write(0, rows(1, 6), rows(1, 6))
  slab.advance(1)
  expect(slab.past(0).k.data.buffer).toBe(before.k.data.buffer)
  expect(before.k.data).toEqual(rows(1, 0))
})

test('no room is no silent loss', () => {
  const slab = new KvSlab(1, 1, 2, 3)
  slab.write(0, rows(1, 0), rows(1, 0))
  slab.advance(1)
  expect(() => slab.write(0, rows(1, 0), rows(1, 0))).toThrow(RangeError)
})
