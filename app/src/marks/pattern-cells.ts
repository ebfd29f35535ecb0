import { type Place, TILE } from './pattern-view.ts'

/** A tile as it is drawn: the largest entry of each cell, [rows, columns]. */
export interface Cells {
  readonly rows: number
  readonly columns: number
  readonly data: Float32Array
}

/** A tile of a pattern that is here whole, `pattern` [time, time]: the largest entry of each cell, as the engine gives it. */
export function cellsOf(pattern: Float32Array, time: number, { level, row, column }: Place): Cells {
  const side = Math.ceil(time / 2 ** level)
  const [top, left] = [row * TILE, column * TILE]
  const [rows, columns] = [Math.min(TILE, side - top), Math.min(TILE, side - left)]
  const data = new Float32Array(rows * columns)
  const last = Math.min(time, (top + rows) << level)
  const right = Math.min(time, (left + columns) << level)
  for (let q = top << level; q < last; q++) {
    const to = ((q >> level) - top) * columns - left
    for (let k = left << level; k < Math.min(right, q + 1); k++) {
      const value = pattern[q * time + k]!
      const cell = to + (k >> level)
      if (value > data[cell]!) data[cell] = value
    }
  }
  return { rows, columns, data }
}

/** The tile of the finest level that holds an entry, and where in it. */
export const placeOf = (query: number, key: number): Place => ({
  level: 0,
  row: Math.floor(query / TILE),
  column: Math.floor(key / TILE),
})
export const entryIn = ({ data, columns }: Cells, query: number, key: number): number =>
  data[(query % TILE) * columns + (key % TILE)]!
