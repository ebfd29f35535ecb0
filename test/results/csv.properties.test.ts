import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvText, readCsv } from '../../src/results/csv.ts'

const text = fc.string({
  unit: fc.oneof(fc.constantFrom(...`='"+-@,\t\r\n;`), fc.string({ maxLength: 3, unit: 'binary' })),
})
const cell = fc.oneof(
  text,
  fc.double().map(x => x + 0),
  fc.constant(null),
)
const tables = fc
  .integer({ min: 1, max: 5 })
  .chain(width =>
    fc.record({
      columns: fc.array(text, { minLength: width, maxLength: width }),
      rows: fc.array(fc.array(cell, { minLength: width, maxLength: width })),
    }),
  )
  // −0 is written as 0.
  .map(({ columns, rows }) => ({ columns, rows: rows.map(row => row.map(c => (c === 0 ? 0 : c))) }))

test('every table reads back equal and no cell starts like a formula', () => {
  fc.assert(
    fc.property(tables, table => {
      expect(readCsv(csvText(table), 'f.csv')).toEqual(table)
      for (const [t] of csvText(table).matchAll(/"(?:[^"]|"")*"/g)) expect(t).not.toMatch(/^"[=+\-@\t\r\n]/)
    }),
  )
})
