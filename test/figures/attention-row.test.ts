import fc from 'fast-check'
import { expect, test } from 'vitest'
import { partsOf, partsWords, ranked } from '../../src/figures/attention-row.ts'

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
    '0.96 of this row lies on 3 tokens at 0.1 or more; 0.04 on 2 tokens without an arc.',
  )
  expect(partsWords(partsOf([0.02, 0.03], 0.1, false), 0.1)).toBe(
    'No token reaches 0.1; 0.05 on 2 tokens without an arc. The row sums to 0.05.',
  )
  expect(partsWords(partsOf([1], 0.1, false), 0.1, x => x.toFixed(3))).toBe(
    '1.000 of this row lies on 1 token at 0.1 or more.',
  )
})

test('keys go by their share, equal ones in the order of the text', () => {
  expect(ranked([0.1, 0.7, 0.1, 0.1])).toEqual([1, 0, 2, 3])
})
