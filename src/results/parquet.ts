import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer'
import type { Grid } from '../words/grid.ts'
import type { TableCell } from './csv.ts'
import { canonicalJson } from './json.ts'
import { resultTable } from './table.ts'

/** Texts where any cell is one, whole numbers on axes, else doubles; a cell that was not measured is null. */
function column(name: string, cells: readonly TableCell[], isAxis: boolean): ColumnSource {
  const text = cells.some(cell => typeof cell === 'string')
  const type = text ? 'STRING' : isAxis ? 'INT32' : 'DOUBLE'
  const data = text ? cells.map(cell => (cell === null ? null : String(cell))) : [...cells]
  return { name, type, data, nullable: !isAxis || cells.includes(null) }
}

/**
 * Grids as a Parquet file: one row a cell, the columns of the CSV form with their types, and the spec (of several grids
 * the list of specs) as JSON under `headwise.spec` in the file's key-value metadata.
 */
export function gridParquet(grids: Grid | readonly Grid[]): Uint8Array {
  const several = Array.isArray(grids)
  const all = (several ? grids : [grids]) as Grid[]
  const { columns, rows } = resultTable(all)
  const axes = columns.indexOf('value')
  const columnData = columns.map((name, i) =>
    column(
      name,
      rows.map(row => row[i]!),
      i < axes,
    ),
  )
  const specs = all.map(grid => grid.spec)
  const kvMetadata = [{ key: 'headwise.spec', value: canonicalJson(several ? specs : specs[0]) }]
  return new Uint8Array(parquetWriteBuffer({ columnData, kvMetadata, createdBy: 'headwise' }))
}
