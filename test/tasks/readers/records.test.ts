import { expect, test } from 'vitest'
import { z } from 'zod'
import { readRecords } from '../../../src/tasks/readers/records.ts'
import { Scratch } from '../../checkpoint/scratch.ts'
import { refusal } from '../../support/refusal.ts'

const row = z.object({ a: z.string().min(1) })
const read = (name: string, content: string | Uint8Array, list?: string) => {
  using scratch = new Scratch()
  return readRecords(scratch.write(name, content), row, list)
}
const refused = async (name: string, content: string, list?: string) => refusal(() => read(name, content, list))

test('the same rows come from JSON lines, an array, a list in an object, CSV and TSV', () => {
  const rows = [{ a: 'x, "y"' }, { a: 'z' }]
  expect(read('d.jsonl', '{"a":"x, \\"y\\"","b":1}\r\n\n{"a":"z"}')).toEqual(rows)
  expect(read('d.json', ` ${JSON.stringify(rows)}`)).toEqual(rows)
  expect(read('d.json', JSON.stringify({ rows }), 'rows')).toEqual(rows)
  expect(read('d.csv', 'n,a\r\n1,"x, ""y"""\r\n2,z\r\n')).toEqual(rows)
  expect(read('d.tsv', 'a\tn\nx, "y"\t1\nz\t2')).toEqual(rows)
  expect(read('d.jsonl', Buffer.from('\ufeff{"a":"z"}'))).toEqual([{ a: 'z' }])
})

test('what is wrong is named by file and line', async () => {
  const cases: [string, string, string, RegExp][] = [
    ['d.jsonl', '{"a":"x"}\n{"a":"y"', 'line 2', /line 2: this is not valid JSON at character 8/],
    ['d.jsonl', '{"a":"x"}\n\n{"b":"y"}', 'line 3: row.a', /line 3: row.a is missing; expected string/],
    ['d.jsonl', '{"a":"x","a":"y"}', 'line 1', /stands twice/],
    ['d.jsonl', `{"a":${'['.repeat(40)}`, 'line 1', /nested 41 levels deep/],
    ['d.json', '[{"a":"x"},{"a":7}]', 'rows[1]: row.a', /rows\[1\]: row.a is 7; expected string/],
    ['d.csv', 'a,b\n"x\ny",1\nz', 'line 4', /line 4 has 1 cells where the header has 2/],
    ['d.csv', 'a,b\n"x', 'line 2', /the quote that opens on line 2 is never closed/],
    ['d.csv', 'a,b\n"x"y,1', 'line 2', /line 2 goes on with "y,1" after a quoted cell/],
    ['d.csv', 'a,a\n1,2', 'line 1', /the column "a" stands twice/],
  ]
  for (const [name, content, where, says] of cases) {
    const error = await refused(name, content)
    expect(error.message).toMatch(says)
    expect([error.fault, error.where]).toEqual(['data', where])
    expect(error.file).toMatch(new RegExp(`/${name}$`))
  }
  expect((await refused('d.json', '{"rows":{}}', 'rows')).message).toMatch(/must be an object with the array "rows"/)
  for (const name of ['d.jsonl', 'd.csv']) expect((await refused(name, '')).code).toBe('data-empty')
  expect((await refused('d.csv', 'a\n')).code).toBe('data-empty')
})

test('lines and rows have their limits, and the largest that are allowed are read', async () => {
  const line = (length: number) => `{"a":"${'x'.repeat(length - 8)}"}`
  expect(read('d.jsonl', line(2 ** 20))).toHaveLength(1)
  const long = await refused('d.jsonl', `{"a":"x"}\n${line(2 ** 20 + 1)}`)
  expect([long.code, long.where, long.found, long.allowed]).toEqual(['data-line', 'line 2', 2 ** 20 + 1, 2 ** 20])
  expect(read('d.csv', `a\n${'x\n'.repeat(100_000)}`)).toHaveLength(100_000)
  const many = await refused('d.csv', `a\n${'x\n'.repeat(100_001)}`)
  expect([many.code, many.found, many.allowed]).toEqual(['data-rows', 100_001, 100_000])
})

test('keys that objects inherit are plain data', () => {
  expect(read('d.jsonl', '{"__proto__":{"a":"no"},"a":"x","constructor":1}')).toEqual([{ a: 'x' }])
  expect(read('d.csv', '__proto__,a\nno,x')).toEqual([{ a: 'x' }])
  expect(({} as Record<string, unknown>).a).toBeUndefined()
})
