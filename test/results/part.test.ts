import { createHash } from 'node:crypto'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer'
import { expect, test } from 'vitest'
import { decodePart, encodePart } from '../../src/results/part.ts'
import { HeadwiseError } from '../../src/words/error.ts'
import { fakeRows } from '../jobs/specs.ts'

const name = { spec: 'c'.repeat(64), part: 12 }
const healthy = encodePart(fakeRows(12), name)

const refused = (bytes: Uint8Array, of = name): HeadwiseError => {
  try {
    decodePart(bytes, of, 'part.parquet')
  } catch (error) {
    if (error instanceof HeadwiseError) return error
    throw error
  }
  throw new Error('the part was accepted')
}

test('a part is read back bit for bit, from a Buffer as well, and equal rows give equal bytes', () => {
  expect(decodePart(healthy, name, 'part.parquet')).toEqual(fakeRows(12))
  const buffer = Buffer.concat([Buffer.alloc(3), healthy]).subarray(3)
  expect(decodePart(buffer, name, 'part.parquet')).toEqual(fakeRows(12))
  expect(Object.is(decodePart(healthy, name, 'part.parquet').value[3], -0)).toBe(true)
  expect(encodePart(fakeRows(12), name)).toEqual(healthy)
})

test('a reader of Parquet in general reads the same', async () => {
  const rows = await parquetReadObjects({ file: healthy.slice().buffer })
  const { run, sample, value } = fakeRows(12)
  expect(rows).toEqual(Array.from(run, (r, i) => ({ run: r, sample: sample[i], value: value[i] })))
})

test('a part of another spec or number is refused by naming it', () => {
  expect(refused(healthy, { ...name, part: 11 })).toMatchObject({ code: 'part', where: 'its number', found: '12' })
  expect(refused(healthy, { ...name, spec: 'd'.repeat(64) })).toMatchObject({ code: 'part', where: 'its spec hash' })
})

test('whatever byte is damaged or cut off, the part is refused in one sentence or means the same', () => {
  for (let length = 0; length < healthy.length; length += 7)
    expect(refused(healthy.subarray(0, length)).message).toMatch(/^part\.parquet: .*\.$/)
  for (let at = 0; at < healthy.length; at++) {
    const damaged = healthy.slice()
    damaged[at]! ^= 0x55
    try {
      expect(decodePart(damaged, name, 'part.parquet')).toEqual(fakeRows(12))
    } catch (error) {
      expect(error).toBeInstanceOf(HeadwiseError)
    }
  }
})

test('every byte of the values counts', () => {
  const { columns } = parquetMetadata(healthy.slice().buffer).row_groups[0]!
  for (const { meta_data: meta } of columns) {
    const end = Number(meta!.data_page_offset + meta!.total_compressed_size)
    for (const at of [end - 1, end - 17, end - 150]) {
      const damaged = healthy.slice()
      damaged[at]! ^= 1
      expect(refused(damaged)).toMatchObject({ code: 'part', where: 'the SHA-256 of its columns' })
    }
  }
})

/** A file of the same metadata with other columns. */
function other(columns: readonly ColumnSource[], o: { codec?: 'SNAPPY'; rowGroupSize?: number } = {}): Uint8Array {
  const kvMetadata = [
    { key: 'headwise.spec', value: name.spec },
    { key: 'headwise.part', value: '12' },
    { key: 'headwise.sha256', value: createHash('sha256').digest('hex') },
  ]
  return new Uint8Array(parquetWriteBuffer({ columnData: [...columns], kvMetadata, statistics: false, ...o }))
}

test('another schema, another order, nulls, compression, dictionaries and several row groups are refused', () => {
  const rows = fakeRows(12)
  const plain = { nullable: false, encoding: 'PLAIN', codec: 'UNCOMPRESSED' } as const
  const [run, sample, value] = (['run', 'sample', 'value'] as const).map(
    (column): ColumnSource => ({
      name: column,
      data: rows[column],
      type: column === 'value' ? 'DOUBLE' : 'INT32',
      ...plain,
    }),
  ) as [ColumnSource, ColumnSource, ColumnSource]
  const constant = { ...sample, data: new Int32Array(40), encoding: 'RLE_DICTIONARY' } as const
  const cases: [Uint8Array, string][] = [
    [other([run, sample]), 'the number of its columns'],
    [other([sample, run, value]), 'column 0'],
    [other([run, sample, { ...value, name: "x'); COPY t TO 'y" }]), 'column 2'],
    [other([run, { ...sample, nullable: true }, value]), 'column 1'],
    [other([run, sample, { ...value, type: 'INT32', data: rows.run }]), 'column 2'],
    [other([run, sample, { ...value, codec: 'SNAPPY' }]), 'the form of value'],
    [other([run, constant, value]), 'the form of sample'],
    [other([run, sample, value], { rowGroupSize: 7 }), 'the number of its row groups'],
    [other([run, sample, value]), 'the SHA-256 of its columns'],
  ]
  for (const [bytes, where] of cases) expect(refused(bytes)).toMatchObject({ code: 'part', where })
})

/** A Parquet file that is nothing but a footer of these Thrift bytes. */
function footerOnly(thrift: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 + thrift.length + 8)
  bytes.set(Buffer.from('PAR1'))
  bytes.set(thrift, 4)
  new DataView(bytes.buffer).setUint32(4 + thrift.length, thrift.length, true)
  bytes.set(Buffer.from('PAR1'), 8 + thrift.length)
  return bytes
}
const varint = (n: bigint): number[] => (n < 128n ? [Number(n)] : [Number(n & 127n) | 128, ...varint(n >> 7n)])
const times = <T>(n: number, ...items: T[]): T[] => Array.from({ length: n }, () => items).flat()

test('hostile footers are refused at once and cost nothing', () => {
  const before = process.memoryUsage().rss
  const cases: [readonly number[], RegExp][] = [
    // A list of 2^31 − 1 elements, of 2^40 bytes, of booleans; a text longer than the file.
    [[0x29, 0xfc, ...varint(2n ** 31n - 1n)], /states a list of 2147483647 where fewer bytes are left/],
    [[0x29, 0xf8, ...varint(2n ** 40n)], /states a list of 1099511627776/],
    [[0x29, 0xf1, ...varint(2n ** 31n - 1n)], /states a list/],
    [[0x28, ...varint(2n ** 33n)], /states 8589934592 bytes where fewer are left/],
    // Nested 10,000 levels: structs, and lists of lists.
    [times(10_000, 0x1c), /nested more than 16 levels/],
    [[0x19, ...times(10_000, 0x19)], /nested more than 16 levels/],
    [[0x16, ...times(200, 0xff)], /more than 64 bits/],
    [[0x1d], /unknown type 13/],
    [[0], /misses what a footer must hold/],
  ]
  for (const [thrift, says] of cases) expect(refused(footerOnly(thrift)).message).toMatch(says)
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * 2 ** 20)
})

test('2^40 rows in a small file, and a column that reaches beyond it, are refused before anything is sized by them', () => {
  const footer = Buffer.from(healthy)
  // 40 rows, as a zigzag number of type i64 after the schema: the field that states them is found by its neighbours.
  const { row_groups: groups, num_rows: rows } = parquetMetadata(healthy.slice().buffer)
  expect([rows, groups[0]!.num_rows]).toEqual([40n, 40n])
  const patched = (find: readonly number[], put: readonly number[]): Uint8Array => {
    const at = footer.lastIndexOf(Buffer.from(find), footer.length - 8)
    expect(at).toBeGreaterThan(0)
    const grown = Buffer.concat([footer.subarray(0, at), Buffer.from(put), footer.subarray(at + find.length)])
    const length = footer.readUInt32LE(footer.length - 8) + put.length - find.length
    grown.writeUInt32LE(length, grown.length - 8)
    return grown
  }
  // Field 3 of the footer (rows, 0x16) and then field 4 (row groups, a list of one struct).
  const huge = patched([0x16, 80, 0x19, 0x1c], [0x16, ...varint(2n ** 41n), 0x19, 0x1c])
  expect(refused(huge)).toMatchObject({ code: 'part', where: 'the number of its rows', found: 2n ** 40n })
})
