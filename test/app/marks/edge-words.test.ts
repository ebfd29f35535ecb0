import { expect, test } from 'vitest'
import {
  lengthOf,
  moved,
  movedWords,
  products,
  scoreWords,
  sizeOf,
  strongest,
  sumOf,
} from '../../../app/src/marks/edge-words.ts'
import { f32 } from '../../../src/words/arrays.ts'

const edge = (o: { score?: number; share?: number } = {}) => ({
  q: f32([4], Float32Array.of(1, -2, 0, 4)),
  k: f32([4], Float32Array.of(3, 2, 5, 0.5)),
  scale: 0.5,
  score: 0.5,
  share: 0.25,
  ...o,
})

test('a product by dimension, its sum, and the dimension where it is largest in size', () => {
  expect([...products(edge())]).toEqual([3, -4, 0, 2])
  expect(sumOf(products(edge()))).toBe(1)
  expect(sizeOf(products(edge()))).toBe(4)
  expect(strongest(products(edge()))).toBe(1)
  expect(strongest([])).toBe(0)
})

test('the sentence leads from the sum to the share, and names an edit between them', () => {
  const start = 'score = Σ q·k / √4 = 1.00 / 2.00 = 0.500'
  expect(scoreWords(edge())).toBe(`${start} → 0.2500 of this row`)
  expect(scoreWords(edge({ score: 0.50001 }))).toBe(`${start} → 0.2500 of this row`)
  expect(scoreWords(edge({ score: 0.25 }))).toBe(`${start}, edited 0.250 → 0.2500 of this row`)
  expect(scoreWords(edge({ score: Number.NEGATIVE_INFINITY, share: 0 }))).toBe(
    `${start}, knocked out −∞ → 0 of this row`,
  )
})

test('what the edge moves is told beside z, and an edit of z is named', () => {
  const vector = (...x: number[]) => f32([2], Float32Array.from(x))
  const values = { share: 0.5, v: vector(6, 8), mixed: vector(3, -4), z: vector(3, -4) }
  expect([...moved(values)]).toEqual([3, 4])
  expect(lengthOf(moved(values))).toBe(5)
  expect(movedWords(values)).toBe('of z at the query, ‖share·v‖ / ‖z‖ = 5.00 / 5.00 = 1.00')
  expect(movedWords({ ...values, z: vector(0, 0) })).toBe(
    'of z at the query, ‖share·v‖ / ‖z‖ = 5.00 / 5.00 = 1.00; edited, ‖z‖ is 0',
  )
  const none = { share: 0, v: vector(6, 8), mixed: vector(0, 0), z: vector(0, 0) }
  expect(movedWords(none)).toBe('of z at the query, z is 0')
})
