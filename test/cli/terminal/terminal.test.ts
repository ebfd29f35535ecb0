import { describe, expect, test } from 'vitest'
import { progressLine } from '../../../src/cli/terminal/progress.ts'
import { styleOf } from '../../../src/cli/terminal/style.ts'
import { bar, table } from '../../../src/cli/terminal/table.ts'
import { cut, quoted, widthOf, wrap } from '../../../src/cli/terminal/text.ts'
import { bytes, duration, number, signed } from '../../../src/cli/terminal/units.ts'

const plain = { colors: 0, columns: 40, light: false } as const

test('numbers, sizes and times are for people', () => {
  expect([0, 0.94012, -0.05, 1234.5, 12, 2.3e-7, Number.NaN].map(number)).toEqual([
    '0',
    '0.940',
    '-0.0500',
    '1235',
    '12.0',
    '2.3e-7',
    'NaN',
  ])
  expect([0.5, -0.5, 0].map(signed)).toEqual(['+0.500', '−0.500', '0'])
  expect([0, 999, 1024, 5.5 * 2 ** 20, 538 * 2 ** 20, 2 ** 36].map(bytes)).toEqual([
    '0 bytes',
    '999 bytes',
    '1.0 KiB',
    '5.5 MiB',
    '538 MiB',
    '64 GiB',
  ])
  expect([850, 12_400, 200_000, 7_500_000].map(duration)).toEqual(['850 ms', '12.4 s', '3 min 20 s', '2 h 5 min'])
})

describe('text', () => {
  test('is measured in columns', () => {
    expect(['abc', '日本', 'é', '👍', '\u001b[1mab\u001b[0m', 'ｆｕ'].map(widthOf)).toEqual([3, 4, 1, 2, 2, 4])
  })
  test('is cut with an ellipsis, never in the middle of a wide character', () => {
    expect([cut('abcdef', 6), cut('abcdef', 5), cut('日本語', 4)]).toEqual(['abcdef', 'abcd…', '日…'])
  })
  test('of tokens shows its spaces and obeys nothing', () => {
    expect(quoted(' the')).toBe('" the"')
    expect(quoted('\n\t\u001b[31m\u202e')).toBe('"\\n\\t\\u001b[31m\\u202e"')
  })
  test('is wrapped at words', () => {
    expect(wrap('one two three', 9, '  ')).toBe('  one two\n  three')
  })
})

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
})

test('colours follow the usual signs', () => {
  const tty = { isTTY: true, columns: 100 }
  const of = (stream: object, env: NodeJS.ProcessEnv, wanted = true) => styleOf(stream, env, wanted).colors
  expect(of({}, { TERM: 'xterm-256color' })).toBe(0)
  expect(of(tty, { TERM: 'xterm-256color' })).toBe(256)
  expect(of(tty, { TERM: 'xterm', COLORTERM: 'truecolor' })).toBe(16777216)
  expect(of(tty, { TERM: 'dumb' })).toBe(0)
  expect(of(tty, { TERM: 'xterm-256color', NO_COLOR: '1' })).toBe(0)
  expect(of(tty, { TERM: 'xterm-256color' }, false)).toBe(0)
  expect(of({}, { FORCE_COLOR: '1' })).toBe(256)
  expect(of({}, { FORCE_COLOR: '3' })).toBe(16777216)
  expect(of(tty, { TERM: 'xterm-256color', FORCE_COLOR: '0' })).toBe(0)
  expect(styleOf(tty, {}).columns).toBe(100)
  expect(styleOf({}, {}).columns).toBe(80)
})

describe('progress', () => {
  const told = (isTTY: boolean, times: readonly number[]) => {
    const out: string[] = []
    let now = 0
    const line = progressLine({ isTTY, columns: 80, write: text => out.push(text) }, () => now)
    for (const [i, time] of times.entries()) {
      now = time
      line.report({ what: 'runs', done: i, total: 10 })
    }
    line.clear()
    return out
  }

  test('says nothing of short work', () => {
    expect(told(true, [0, 500, 1000, 1900])).toEqual([])
  })
  test('redraws one line on a terminal and takes it away', () => {
    const out = told(true, [0, 2000, 4000])
    expect(out).toHaveLength(3)
    expect(out[1]).toContain('runs 2 of 10, 16.0 s left')
    expect(out[2]).toBe('\r\u001b[K')
  })
  test('writes sparse lines elsewhere', () => {
    expect(told(false, [0, 2500, 5000, 13_000])).toEqual(['runs 1 of 10, 22.5 s left\n', 'runs 3 of 10, 30.3 s left\n'])
  })
})
