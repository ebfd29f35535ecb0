import { expect, test } from 'vitest'
import { PATTERN_SIDE, patternGrid, patternLevel, standingEntries } from '../../src/results/pattern-grid.ts'
import { specBy } from '../figures/examples.ts'

/** A pattern whose entry is a number of its own, and 0 above the diagonal. */
const patternOf = (time: number): Float32Array =>
  Float32Array.from({ length: time * time }, (_, i) => (i % time > Math.floor(i / time) ? 0 : ((i * 7919) % 997) / 997))

test('a text has as many cells as fit, each of twice as many entries a side as the next finer one', () => {
  expect([1, PATTERN_SIDE, PATTERN_SIDE + 1, 2 * PATTERN_SIDE, 4096].map(patternLevel)).toEqual([0, 0, 1, 1, 4])
})

test('a cell is the largest of its entries, whatever part is asked for', () => {
  const time = 13
  const pattern = patternOf(time)
  const part = { level: 1, top: 2, left: 1, rows: 5, columns: 4 }
  const data = standingEntries('pattern', pattern, time, part)
  for (let r = 0; r < part.rows; r++)
    for (let c = 0; c < part.columns; c++) {
      const entries = [0, 1].flatMap(i => [0, 1].map(j => [2 * (part.top + r) + i, 2 * (part.left + c) + j] as const))
      const inside = entries.filter(([q, k]) => q < time && k <= q).map(([q, k]) => pattern[q * time + k]!)
      expect(data[r * part.columns + c]).toBe(Math.max(0, ...inside))
    }
})

test('the grid names its tokens, and has no value where a key comes after its query', () => {
  const tokens = ['a', 'b', 'c', 'd']
  const about = { site: 'pattern' as const, head: { layer: 2, head: 3 }, tokens, spec: specBy('run', 'capture') }
  const whole = { level: 0, top: 0, left: 0, rows: 4, columns: 4 }
  const grid = patternGrid({ ...about, ...whole, data: patternOf(4) })
  expect(grid.axes).toMatchObject([
    { name: 'query', labels: tokens },
    { name: 'key', labels: tokens },
  ])
  const values = grid.values as unknown[][]
  expect(values.map(row => row.filter(x => x === 'NaN').length)).toEqual([3, 2, 1, 0])
  expect(grid.metric).toBe('attention of head 2.3 with the edits, share of each row')
  const pooled = patternGrid({ ...about, level: 1, top: 0, left: 0, rows: 2, columns: 2, data: [1, 0, 1, 1] })
  expect(pooled.metric).toContain('largest of 2 × 2 entries')
  expect(pooled.axes[0]!.labels).toEqual(['a', 'c'])
})

test('of scores a cell is the one furthest from 0, with its sign; what is cut shows only where nothing else is', () => {
  const cut = Number.NEGATIVE_INFINITY
  // Above the diagonal stand numbers that are no scores.
  const scores = [
    ...[1, 99, 99, 99, 99],
    ...[-3, 2, 99, 99, 99],
    ...[cut, -1, 0.5, 99, 99],
    ...[4, -5, cut, cut, 99],
    ...[cut, cut, -2, 1, 0],
  ]
  const part = { level: 1, top: 0, left: 0, rows: 3, columns: 3 }
  const data = [...standingEntries('scores', scores, 5, part)]
  expect(data).toEqual([-3, Number.NaN, Number.NaN, -5, 0.5, Number.NaN, cut, -2, 0])
  const about = { site: 'scores' as const, head: { layer: 2, head: 3 }, tokens: ['a', 'b', 'c', 'd', 'e'] }
  const grid = patternGrid({ ...about, spec: specBy('run', 'capture'), ...part, data })
  expect(grid.metric).toBe(
    'scores of head 2.3 with the edits (furthest from 0 of 2 × 2 entries), before mask and softmax',
  )
  expect(grid.values).toEqual([
    [-3, 'NaN', 'NaN'],
    [-5, 0.5, 'NaN'],
    ['-Infinity', -2, 0],
  ])
})
