import fc from 'fast-check'
import { expect, test } from 'vitest'
import { picturesGrid } from '../../../app/src/marks/figures.ts'
import {
  fitPicture,
  paintPicture,
  pictureOf,
  pointWords,
  spanWords,
  strongestOf,
} from '../../../app/src/marks/map-pictures.ts'
import { rampOf } from '../../../app/src/marks/pattern-draw.ts'
import { specBy } from '../../figures/examples.ts'

/** Shares from 0 to 1 below the diagonal. */
const picture = (side: number, seed: number): Float32Array =>
  Float32Array.from({ length: side * side }, (_, i) =>
    i % side > Math.floor(i / side) ? 0 : (((i + seed) * 7919) % 997) / 997,
  )

test('each pixel has the largest of the cells under it, and no cell is lost', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 70 }),
      fc.integer({ min: 1, max: 70 }),
      fc.nat(100),
      (side, columns, rows, seed) => {
        const from = picture(side, seed)
        const { data } = fitPicture(from, side, columns, rows)
        const covers = (pixel: number, pixels: number, cell: number): boolean =>
          pixels >= side
            ? Math.floor(((pixel + 0.5) * side) / pixels) === cell
            : cell * pixels < (pixel + 1) * side && (cell + 1) * pixels > pixel * side
        const seen = new Set<number>()
        for (let y = 0; y < rows; y++)
          for (let x = 0; x < columns; x++) {
            let most = -1
            for (let q = 0; q < side; q++)
              for (let k = 0; k <= q; k++)
                if (covers(y, rows, q) && covers(x, columns, k)) {
                  seen.add(q * side + k)
                  most = Math.max(most, from[q * side + k]!)
                }
            expect(data[y * columns + x]).toBe(most)
          }
        expect(seen.size).toBe((side * (side + 1)) / 2)
      },
    ),
    { numRuns: 40 },
  )
})

test('painted in the ramp up to its end, nothing above the diagonal, and faint where it is told', () => {
  const ramp = rampOf({ signed: false, most: 1 }, 'light')
  const cells = fitPicture(Float32Array.of(1, 0, 0.25, 0.5), 2, 2, 2)
  const pixels = paintPicture(cells, { ramp, full: 0.5, opacity: row => (row === 0 ? 0.2 : 1) })
  const at = (i: number) => [...pixels.subarray(4 * i, 4 * i + 4)]
  expect(at(0)).toEqual([...ramp[256]!, 51])
  expect(at(1)[3]).toBe(0)
  expect(at(2)).toEqual([...ramp[128]!, 255])
  expect(at(3)).toEqual([...ramp[256]!, 255])
})

test('the strongest cell beyond the first column, in the positions that it covers', () => {
  const data = new Float32Array(2 * 9)
  data.set([1, 0, 0, 0.9, 0.1, 0, 0.4, 0.2, 0.3], 9)
  const pictures = { side: 3, block: 4, time: 10, data }
  expect(strongestOf(pictureOf(pictures, 1), pictures)).toEqual({
    share: data[9 + 8],
    queries: [8, 9],
    keys: [8, 9],
  })
  expect(strongestOf(Float32Array.of(1), { side: 1, block: 1, time: 1, data })).toBeUndefined()
  expect([spanWords([4, 7]), spanWords([3, 3])]).toEqual(['4–7', '3'])
  expect([pointWords(32), pointWords(33)]).toEqual(['', '; each point is the largest of 2 × 2 entries'])
})

test('as a grid it has no value where the key comes after the query', () => {
  const data = Float32Array.from({ length: 2 * 3 * 4 }, (_, i) => [1, 0, 0.25, 0.75][i % 4]!)
  const grid = picturesGrid(
    { side: 2, block: 3, time: 6, data },
    { layers: 2, heads: 3, groups: 3 },
    true,
    specBy('run', 'capture'),
  )
  expect(grid.axes.map(a => [a.name, a.size])).toEqual([
    ['layer', 2],
    ['head', 3],
    ['query', 2],
    ['key', 2],
  ])
  expect((grid.values as unknown[][][][])[1]![2]).toEqual([
    [1, 'NaN'],
    [0.25, 0.75],
  ])
  expect(grid.metric).toBe(
    'attention of every head with the edits without the first token (largest of 3 × 3 entries), share of each row',
  )
})
