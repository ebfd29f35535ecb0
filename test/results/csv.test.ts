import { expect, test } from 'vitest'
import { csvText, readCsv } from '../../src/results/csv.ts'

const table = (...cells: (string | number | null)[]) => ({ columns: cells.map((_, i) => `c${i}`), rows: [cells] })

test('text is quoted, numbers are not, nothing is empty, rows end in CRLF', () => {
  expect(
    csvText({
      columns: ['token', 'x'],
      rows: [
        ['a "b", c', -1.5],
        ['1', null],
        ['', Number.NaN],
      ],
    }),
  ).toBe('"token","x"\r\n"a ""b"", c",-1.5\r\n"1",\r\n"",NaN\r\n')
})

test.each(['=SUM(A1)', '+1', '-1', '@x', '\tx', '\rx', '\nx', '＝x'])('%j cannot be a formula', text => {
  const [, row] = csvText(table(text)).split(/\r\n(?=")/)
  expect(row?.startsWith(`"'`)).toBe(true)
  expect(readCsv(csvText(table(text)), 'f.csv')).toEqual(table(text))
})

test.each(["'", "'quoted'", "'=x", "''=x", 'a=b', ' =x'])(
  '%j, which needs no guard or has one, reads back equal',
  text => {
    expect(readCsv(csvText(table(text)), 'f.csv')).toEqual(table(text))
  },
)

test('numbers stay numbers, and the marks read back', () => {
  const numbers = table(-1.5, 1e-300, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, null, 'NaN', '-1')
  expect(csvText(numbers)).toContain('\r\n-1.5,1e-300,NaN,Infinity,-Infinity,,"NaN","\'-1"\r\n')
  expect(readCsv(csvText(numbers), 'f.csv')).toEqual(numbers)
})

test.each([
  ['a row of another length', '"a","b"\r\n1,2\r\n3\r\n', 'row 3'],
  ['a quote that stays open', '"a"\r\n"b', 'row 2'],
  ['text after a quote', '"a"\r\n"b"c\r\n', 'row 2'],
  ['a bare word', '"a"\r\nword\r\n', 'row 2'],
])('%s is refused', (_, text, where) => {
  expect(readCsv('"a","b"\r\n1,2\r\n3,"x"', 'f.csv').rows).toEqual([
    [1, 2],
    [3, 'x'],
  ])
  expect(() => readCsv(text, 'f.csv')).toThrow(expect.objectContaining({ code: 'csv', file: 'f.csv', where }))
})
