import { expect, test } from 'vitest'
import { graphOf } from '../../../src/graph/graph.ts'
import { input } from '../../../src/graph/primitives/leaf.ts'
import { distance } from '../../../src/heads/detectors/distance.ts'
import { referenceBackend } from '../../../src/runtime/reference.ts'
import { f32 } from '../../../src/words/arrays.ts'
import { numbered, scoreOf, words } from '../../support/detect.ts'
import { fileWeights } from '../../support/weights.ts'

const prompt = words('a', 'b', 'c', 'd')

test('the mean of q − k, weighted by attention, over all rows but the first', async () => {
  const pattern = [
    [1, 0, 0, 0],
    [0.5, 0.5, 0, 0],
    [1, 0, 0, 0],
    [0.25, 0.25, 0.25, 0.25],
  ]
  expect(await scoreOf(distance, prompt, pattern)).toBeCloseTo((0.5 + 2 + 1.5) / 3, 6)
  const A = numbered(4)
  const byHand = A.flatMap((row, q) => row.map((a, k) => (q > 0 ? a * (q - k) : 0))).reduce((s, x) => s + x, 0) / 3
  expect(await scoreOf(distance, prompt, A)).toBeCloseTo(byHand, 6)
})

test('a head that attends to the token before has distance 1, one that attends to itself 0', async () => {
  const shifted = (by: number) =>
    Array.from({ length: 4 }, (_, q) => Array.from({ length: 4 }, (_, k) => Number(k === Math.max(0, q - by))))
  expect(await scoreOf(distance, prompt, shifted(1))).toBe(1)
  expect(await scoreOf(distance, prompt, shifted(0))).toBe(0)
})

test('rows of a later chunk count from the first key', async () => {
  const rows = distance.rows(input('pattern', 'f32', [1, 1, 2, 4]), name => input(name, 'f32', [1, 1, 2, 4]))
  await using backend = referenceBackend()
  using weights = fileWeights({})
  await using executable = await backend.compile(graphOf(new Map([['rows', rows]])), weights)
  const out = await executable.run({ pattern: f32([1, 1, 2, 4], Float32Array.of(0.5, 0, 0.5, 0, 0.5, 0, 0, 0.5)) })
  expect([...out.rows!.data]).toEqual([1, 1.5])
})

test('one token tells nothing', () => {
  expect(distance.queries(words('a'))).toEqual([])
})
