import { largestEntries } from '../../../src/results/pattern-grid.ts'
import { type Place, TILE } from './pattern-view.ts'

/** A tile as it is drawn: the largest entry of each cell, [rows, columns]. */
export interface Cells {
  readonly rows: number
  readonly columns: number
  readonly data: Float32Array
}

/** A tile of a pattern that is here whole, `pattern` [time, time], as the engine gives it. */
export function cellsOf(pattern: Float32Array, time: number, { level, row, column }: Place): Cells {
  const side = Math.ceil(time / 2 ** level)
  const [top, left] = [row * TILE, column * TILE]
  const [rows, columns] = [Math.min(TILE, side - top), Math.min(TILE, side - left)]
  return { rows, columns, data: largestEntries(pattern, time, { level, top, left, rows, columns }) }
}

/** The tile of the finest level that holds an entry, and where in it. */
export const placeOf = (query: number, key: number): Place => ({
  level: 0,
  row: Math.floor(query / TILE),
  column: Math.floor(key / TILE),
})
export const entryIn = ({ data, columns }: Cells, query: number, key: number): number =>
  data[(query % TILE) * columns + (key % TILE)]!
