import { expect, test } from 'vitest'
import { bar, table } from '../../../src/cli/terminal/table.ts'

const plain = { colors: 0, columns: 40, light: false } as const

test('tables stay within the terminal by cutting the widest column', () => {
  const rows = [
    ['x'.repeat(60), '1'],
    ['short', '23'],
  ]
  expect(`\n${table([{ title: 'text' }, { title: 'n', right: true }], rows, plain)}\n`).toMatchInlineSnapshot(`
    "
    text                                   n
    xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…   1
    short                                 23
    "
  `)
})

test('bars grow by eighths and stay within their columns', () => {
  expect([-1, 0, 0.5, 0.53125, 1, 2].map(s => bar(s, 4))).toEqual(['', '', '██', '██▏', '████', '████'])
  expect(bar(Number.NaN, 4)).toBe('')
})
