import fc from 'fast-check'
import { expect, test } from 'vitest'
import { meanOfHeads, partsOf, partsWords, ranked } from '../../../app/src/marks/attention-row.ts'
import { inCell } from '../../../app/src/marks/pattern-draw.ts'
import { tint } from '../../../app/src/marks/tint.ts'

const row = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 80 }).map(list =>
  list.map(
    x =>
      x /
      Math.max(
        1e-9,
        list.reduce((s, v) => s + v, 0),
      ),
  ),
)

test('what has an arc, what has none and what is left out are the whole row', () => {
  fc.assert(
    fc.property(row, fc.constantFrom(0.01, 0.05, 0.2), fc.boolean(), (shares, least, leaveFirst) => {
      const { arcs, onArcs, others, onOthers, first, total } = partsOf(shares, least, leaveFirst)
      expect(onArcs + onOthers + first).toBeCloseTo(total, 9)
      expect(total).toBeCloseTo(
        shares.reduce((s, x) => s + x, 0),
        9,
      )
      expect(arcs.length).toBeLessThanOrEqual(48)
      expect(arcs.length + others).toBe(shares.filter((x, k) => x > 0 && !(leaveFirst && k === 0)).length)
      for (const k of arcs) expect(shares[k]!).toBeGreaterThanOrEqual(least)
      if (leaveFirst) expect(arcs).not.toContain(0)
    }),
  )
})

test('the words give the mass that is not shown', () => {
  const shares = [0.31, 0.5, 0.15, 0.03, 0.01]
  expect(partsWords(partsOf(shares, 0.1, false), 0.1)).toBe(
    '0.960 of this row lies on 3 tokens at 0.1 or more; 0.0400 on 2 tokens without an arc.',
  )
  expect(partsWords(partsOf([0.02, 0.03], 0.1, false), 0.1)).toBe(
    'No token reaches 0.1; 0.0500 on 2 tokens without an arc. The row sums to 0.0500.',
  )
})

test('several heads are one row by their mean, keys go by their share', () => {
  expect([...meanOfHeads([0.2, 0.8, 0.6, 0.4], 2, 2)].map(x => x.toFixed(6))).toEqual(['0.400000', '0.600000'])
  expect(ranked([0.1, 0.7, 0.1, 0.1])).toEqual([1, 0, 2, 3])
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
