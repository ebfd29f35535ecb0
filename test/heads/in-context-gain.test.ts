import { expect, test } from 'vitest'
import { inContextGain } from '../../src/heads/in-context-gain.ts'

/** The loss of token t (counted from 1) is t. The first token has none. */
const losses = (tokens: number) => Float32Array.from({ length: tokens - 1 }, (_, i) => i + 2)

test('loss of the 50th token minus loss of the 500th', () => {
  expect(inContextGain(losses(500))).toBe(50 - 500)
  expect(inContextGain(losses(700))).toBe(50 - 500)
})
test('shorter texts have none', () => {
  expect(inContextGain(losses(499))).toBeUndefined()
})
