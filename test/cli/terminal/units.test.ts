import { expect, test } from 'vitest'
import { bytes, count, duration, number, signed } from '../../../src/cli/terminal/units.ts'

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

test('things are counted in the words of one and of many', () => {
  expect([0, 1, 1234].map(n => count(n, 'token'))).toEqual(['0 tokens', '1 token', '1,234 tokens'])
  expect([1, 2].map(n => count(n, 'clean pass', 'clean passes'))).toEqual(['1 clean pass', '2 clean passes'])
})
