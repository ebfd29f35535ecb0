import { expect, test } from 'vitest'
import { meanOfHeads } from '../../../app/src/marks/attention-row.ts'
import { inCell } from '../../../app/src/marks/pattern-draw.ts'
import { tint } from '../../../app/src/marks/tint.ts'

test('several heads are one row by their mean', () => {
  expect([...meanOfHeads([0.2, 0.8, 0.6, 0.4], 2, 2)].map(x => x.toFixed(6))).toEqual(['0.400000', '0.600000'])
})

test('a number fits its cell', () => {
  expect([1, 0.999, 0.934, 0.0061, 0.0004, 0].map(x => inCell(x, 2))).toEqual(['1', '1', '.93', '.01', '.00', '0'])
  expect([0.9344, 0.0061, 0.0004].map(x => inCell(x, 3))).toEqual(['.934', '.006', '.000'])
})

test('a tint grows with the share, and what rounds to nothing has none', () => {
  expect(tint(0.001, 1, 'light')).toBeUndefined()
  expect(tint(0.001, 0.01, 'light')).toBeDefined()
  expect(tint(0.95, 1, 'light')?.letters).toBe('white')
  expect(tint(0.1, 1, 'light')?.letters).toBe('black')
  expect(tint(0.95, 1, 'dark')?.letters).toBe('black')
})
