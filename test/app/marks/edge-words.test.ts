import { expect, test } from 'vitest'
import { products, scoreWords, sizeOf, strongest, sumOf } from '../../../app/src/marks/edge-words.ts'
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
