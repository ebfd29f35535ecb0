import { expect, test } from 'vitest'
import { relationScores } from '../../src/heads/syntax-relations.ts'

const CELLS = 3
const options = { seed: 0, draws: 200 }
/** `count` sentences with one edge each. */
const edges = (count: number, relation: string, back: number) =>
  Array.from({ length: count }, (_, sentence) => ({ dependent: back, later: back, earlier: 0, relation, sentence }))

test('head and offset are chosen on every other sentence and measured on the rest', () => {
  const all = edges(60, 'obj', 2)
  // Head 1 is right on the sentences that choose, head 2 on those that measure.
  const accuracy = all.flatMap(({ sentence }) => [0.5, sentence % 2 === 0 ? 1 : 0, sentence % 2])
  const [score, ...others] = relationScores(all, accuracy, CELLS, options)
  expect(others).toEqual([])
  expect(score).toMatchObject({ way: 'obj to head', cell: 1, offset: 2, n: 30 })
  expect([...score!.mean]).toEqual([0, 1, -1])
  expect([...score!.low!]).toEqual([0, 1, -1])
})

test('relations of fewer than 20 edges in either half are left out, and frequent ones come first', () => {
  const all = [...edges(39, 'rare', 1), ...edges(40, 'enough', 1), ...edges(80, 'often', 3)]
  const scores = relationScores(all, new Float32Array(all.length * CELLS), CELLS, options)
  expect(scores.map(s => [s.way, s.n, s.offset])).toEqual([
    ['often to head', 40, 3],
    ['enough to head', 20, 1],
  ])
})
