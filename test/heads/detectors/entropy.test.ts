import { expect, test } from 'vitest'
import { entropy } from '../../../src/heads/detectors/entropy.ts'
import { scoreOf, words } from '../../support/detect.ts'

test('entropy of each row in nats, the first row included, 0 ln 0 = 0', async () => {
  const pattern = [
    [1, 0, 0, 0],
    [0.5, 0.5, 0, 0],
    [0, 1, 0, 0],
    [0.25, 0.25, 0.25, 0.25],
  ]
  const expected = (0 + Math.log(2) + 0 + Math.log(4)) / 4
  expect(await scoreOf(entropy, words('a', 'b', 'c', 'd'), pattern)).toBeCloseTo(expected, 6)
})
