import { expect, test } from 'vitest'
import { type ReadingRow, Readings } from '../../../src/heads/importance/readings.ts'
import { refusal } from '../../support/refusal.ts'

/** Sample s in run r reads 10·s + r; the clean pass is r = −1. */
const rows: ReadingRow[] = [2, 0, -1, 1, 3].flatMap(run =>
  [1, 0].map(sample => ({ run, sample, value: 10 * sample + run })),
)
const size = { samples: 2, runs: 4 }
const items = [
  { samples: [0], value: (of: readonly number[]) => of[0]! },
  { samples: [1, 0], value: (of: readonly number[]) => of[0]! - of[1]! },
]

test('items put the readings of their samples together, whatever the order of the rows', () => {
  const readings = new Readings(rows, size)
  expect([...readings.clean(items)]).toEqual([-1, 10])
  expect([...readings.cells(items, 4)]).toEqual([0, 1, 2, 3, 10, 10, 10, 10])
  expect([...readings.effects(items, 4)]).toEqual([1, 2, 3, 4, 0, 0, 0, 0])
})

test('a cell of several runs is their mean, from the run that is said', () => {
  const readings = new Readings(rows, size)
  expect([...readings.cells(items, 2, 2)]).toEqual([0.5, 2.5, 10, 10])
  expect([...readings.cells(items, 1, 1, 3)]).toEqual([3, 10])
})

test('a reading that is missing is told of, not taken for 0', async () => {
  expect(await refusal(() => new Readings(rows.slice(1), size))).toMatchObject({
    code: 'sweep-incomplete',
    where: 'run 2, sample 1',
  })
})
