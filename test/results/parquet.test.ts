import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { afterAll, expect, test } from 'vitest'
import { gridParquet } from '../../src/results/parquet.ts'
import { writeResult } from '../../src/results/write.ts'
import type { Grid } from '../../src/words/grid.ts'
import { generation, headMap, run, spec } from './examples.ts'

const folder = mkdtempSync(join(tmpdir(), 'headwise-parquet-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const rowsOf = async (bytes: Uint8Array) => await parquetReadObjects({ file: bytes.slice().buffer })

test('a head map is one row a cell, with labels as they are, NaN as NaN and what was not measured as null', async () => {
  const { NaN: nan, POSITIVE_INFINITY: up, NEGATIVE_INFINITY: down } = Number
  await writeResult(join(folder, 'x.parquet'), headMap)
  const bytes = new Uint8Array(readFileSync(join(folder, 'x.parquet')))
  const row = (layer: number, head: string, value: number, low: number | null, high: number | null, n: number) => ({
    ...{ metric: 'loss', layer, head, value, low, high, n },
  })
  expect(await rowsOf(bytes)).toEqual([
    row(0, '=a', Math.fround(0.1), 0, 1, 4),
    row(0, 'b "quoted"', -2, -3, -1, 4),
    row(0, '-c', nan, null, null, 0),
    row(1, '=a', up, null, null, 1),
    row(1, 'b "quoted"', down, down, down, 4),
    row(1, '-c', Math.fround(1e-30), 0, 1, 4),
  ])
  const { key_value_metadata: known, schema } = parquetMetadata(bytes)
  expect(known).toEqual([{ key: 'headwise.spec', value: expect.any(String) as string }])
  expect(JSON.parse(known?.[0]?.value ?? '')).toEqual(spec)
  expect(schema.slice(1).map(c => [c.name, c.type])).toEqual([
    ['metric', 'BYTE_ARRAY'],
    ['layer', 'INT32'],
    ['head', 'BYTE_ARRAY'],
    ...['value', 'low', 'high', 'n'].map(name => [name, 'DOUBLE']),
  ])
})

test('grids over different axes stand under one head, with their specs in order', async () => {
  const { low: _l, high: _h, n: _n, ...plain } = headMap
  const curve: Grid = { ...plain, axes: [{ name: 'step' }], metric: 'm', values: [5, null], p: [0.5, 1] }
  const bytes = gridParquet([plain, curve])
  const rows = await rowsOf(bytes)
  expect(rows).toHaveLength(8)
  expect(rows.at(-1)).toEqual({ metric: 'm', layer: null, head: null, step: 1, value: null, p: 1 })
  expect(JSON.parse(parquetMetadata(bytes).key_value_metadata?.[0]?.value ?? '')).toEqual([spec, spec])
})

test('texts that would be code elsewhere are data here', async () => {
  const metric = `x'); COPY (SELECT 1) TO '/tmp/x'; --`
  const rows = await rowsOf(gridParquet({ ...headMap, metric }))
  expect(rows.map(r => r.metric)).toEqual(rows.map(() => metric))
})

test('runs and generations have no Parquet form', async () => {
  for (const result of [run, generation])
    await expect(writeResult(join(folder, 'y.parquet'), result)).rejects.toMatchObject({ code: 'out-suffix' })
})
