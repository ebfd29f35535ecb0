import { expect, test } from 'vitest'
import { delimiter } from '../../src/heads/detectors/delimiter.ts'
import { duplicate } from '../../src/heads/detectors/duplicate.ts'
import { entropy } from '../../src/heads/detectors/entropy.ts'
import { induction } from '../../src/heads/detectors/induction.ts'
import { offset } from '../../src/heads/detectors/offset.ts'
import { previous } from '../../src/heads/detectors/previous.ts'
import { sink } from '../../src/heads/detectors/sink.ts'
import { addNullScores, type NullRow, nullRows, nullSums } from '../../src/heads/random-key.ts'
import { nullTest } from '../../src/statistics/null.ts'
import { createRandom } from '../../src/statistics/random.ts'
import { words } from '../support/detect.ts'

/** The keys that may stand for a row's own, class by class. */
const candidates = ({ classes }: NullRow) =>
  classes.map(({ first, count, take }) => ({ take, keys: Array.from({ length: count }, (_, i) => first + i) }))
const at = (rows: readonly NullRow[], query: number) => candidates(rows.find(r => r.query === query)!)

const said = Array.from({ length: 14 }, (_, i) => `w${i}`)
const twice = words('<s>', ...said, ...said)

test('random keys lie in the distance class of the key: 8 to 15 places back for one 13 back', () => {
  const rows = nullRows(induction, twice)
  // Token 20 is token 6 again: the key is 7, 13 places back.
  expect(rows.find(r => r.query === 20)!.keys).toEqual([7])
  expect(at(rows, 20)).toEqual([{ take: 1, keys: [5, 6, 7, 8, 9, 10, 11, 12] }])
  expect(at(nullRows(duplicate, twice), 20)[0]!.keys).toEqual([5, 6, 7, 8, 9, 10, 11, 12])
})

test('the first token is drawn only where it is named', () => {
  expect(at(nullRows(induction, twice), 15)[0]!.keys).toEqual([1, 2, 3, 4, 5, 6, 7])
  expect(at(nullRows(sink, twice), 6)).toEqual([{ take: 1, keys: [0, 1, 2] }])
})

test('positional detectors have any distance as their null', () => {
  expect(at(nullRows(previous, twice), 4)).toEqual([{ take: 1, keys: [1, 2, 3, 4] }])
  expect(at(nullRows(offset(3), twice), 5)).toEqual([{ take: 1, keys: [1, 2, 3, 4, 5] }])
})

test('several keys of one class become as many different ones', () => {
  const prompt = words('a', ',', 'b', ',', 'c', ',', 'd', 'e')
  expect(at(nullRows(delimiter, prompt), 7)).toEqual([
    { take: 2, keys: [1, 2, 3] },
    { take: 1, keys: [4, 5] },
  ])
})

test('a detector that names no keys has no such null', () => {
  expect(() => nullRows(entropy, twice)).toThrow(expect.objectContaining({ code: 'null-keys', fault: 'usage' }))
})

test('each draw is the mean over rows of attention to distinct candidates, alike for all heads and layers', () => {
  const prompt = words('a', ',', 'b', ',', 'c', ',', 'd', 'e')
  const rows = nullRows(delimiter, prompt).filter(r => r.query >= 6)
  const time = 8
  // One bit for each key, and ten of them apart for the two rows: a sum tells which keys it holds.
  const bit = (q: number, k: number) => 2 ** (k + 10 * (q - 6))
  const data = new Float32Array(2 * time * time)
  for (const [h, factor] of [1, 2].entries())
    for (const q of [6, 7]) for (let k = 0; k < time; k++) data[(h * time + q) * time + k] = factor * bit(q, k)
  const sums = nullSums(4, 300)
  for (const offset of [0, 2]) addNullScores(sums, { data, heads: 2, time, offset }, rows, createRandom(1).fork('x'))

  const own = rows.flatMap(r => r.keys.map(k => bit(r.query, k))).reduce((a, b) => a + b, 0)
  expect([...sums.observed]).toEqual([own, 2 * own, own, 2 * own].map(x => x / 2))
  const seen = new Set<number>()
  for (let draw = 0; draw < 300; draw++) {
    const [one, two, third, fourth] = sums.drawn.subarray(4 * draw, 4 * draw + 4)
    expect([two, third, fourth]).toEqual([2 * one!, one, 2 * one!])
    for (const { query, classes } of rows)
      for (const { first, count, take } of classes) {
        const drawn = Array.from({ length: count }, (_, i) => first + i).filter(k => (2 * one!) & bit(query, k))
        expect(drawn).toHaveLength(take)
        for (const k of drawn) seen.add(bit(query, k))
      }
  }
  const possible = rows.flatMap(r => candidates(r).flatMap(c => c.keys.map(k => bit(r.query, k))))
  expect([...seen].sort((a, b) => a - b)).toEqual([...new Set(possible)].sort((a, b) => a - b))
})

test.each([induction, previous, delimiter])('under the null p is uniform: $id on patterns without any order', d => {
  const prompt = words('<s>', 'a', 'b', ',', 'c', 'd', '.', 'a', 'b', ',', 'c', 'd', '.', 'e', 'a', 'b', ',')
  const [heads, time, draws] = [600, prompt.ids.length, 400]
  const random = createRandom(5)
  const data = Float32Array.from({ length: heads * time * time }, () => random.uniform())
  const sums = nullSums(heads, draws)
  addNullScores(sums, { data, heads, time, offset: 0 }, nullRows(d, prompt), random.fork('draws'))
  const draw = (_: unknown, i: number) => sums.drawn.subarray(i * heads, (i + 1) * heads)
  const { p } = nullTest(sums.observed, draw, { draws, seed: 0 })
  // Five standard errors of a share of 600 heads.
  for (const alpha of [0.05, 0.25, 0.5, 0.75]) {
    const share = p.filter(x => x <= alpha).length / heads
    expect(Math.abs(share - alpha), `share of p ≤ ${alpha}`).toBeLessThan(5 * Math.sqrt((alpha * (1 - alpha)) / heads))
  }
})
