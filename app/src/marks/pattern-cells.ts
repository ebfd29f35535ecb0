import { type EntrySite, standingEntries } from '../../../src/results/pattern-grid.ts'
import { type Place, TILE } from './pattern-view.ts'

/** A tile as it is drawn: the entry that stands for each cell, [rows, columns]. */
export interface Cells {
  readonly rows: number
  readonly columns: number
  readonly data: Float32Array
}

/** A tile of a pattern or of scores that are here whole, [time, time], as the engine gives it. */
export function cellsOf(site: EntrySite, all: Float32Array, time: number, { level, row, column }: Place): Cells {
  const side = Math.ceil(time / 2 ** level)
  const [top, left] = [row * TILE, column * TILE]
  const [rows, columns] = [Math.min(TILE, side - top), Math.min(TILE, side - left)]
  return { rows, columns, data: standingEntries(site, all, time, { level, top, left, rows, columns }) }
}

/** The largest size of any finite entry. */
export function sizeIn({ data }: Cells): number {
  let most = 0
  for (const x of data) if (Number.isFinite(x) && Math.abs(x) > most) most = Math.abs(x)
  return most
}

/** The tile of the finest level that holds an entry, and where in it. */
export const placeOf = (query: number, key: number): Place => ({
  level: 0,
  row: Math.floor(query / TILE),
  column: Math.floor(key / TILE),
})
export const entryIn = ({ data, columns }: Cells, query: number, key: number): number =>
  data[(query % TILE) * columns + (key % TILE)]!
