import fc from 'fast-check'
import { expect, test } from 'vitest'
import { layerMatched } from '../../src/causal/controls.ts'
import { byLayer, setName } from '../../src/heads/importance/head-set.ts'

const counts = { layers: 4, heads: 8 }
const at = (layer: number, head: number) => ({ layer, head })
const tested = fc
  .uniqueArray(fc.tuple(fc.nat(3), fc.nat(7)), { minLength: 1, maxLength: 6, selector: String })
  .map(heads => heads.map(([layer, head]) => at(layer, head)))
  .filter(set => [...byLayer(set).values()].every(heads => heads.length <= 4))
const profile = (set: readonly { layer: number; head: number }[]) => [...byLayer(set)].map(([l, h]) => [l, h.length])

test('as many heads in each layer, none of them tested, no set twice, the same for the same seed', () => {
  fc.assert(
    fc.property(tested, fc.integer({ min: 1, max: 60 }), fc.nat(1000), (set, count, seed) => {
      const controls = layerMatched(set, counts, { count, seed })
      for (const control of controls) {
        expect(profile(control)).toEqual(profile(set))
        expect(control.some(c => set.some(t => t.layer === c.layer && t.head === c.head))).toBe(false)
      }
      expect(new Set(controls.map(setName)).size).toBe(controls.length)
      expect(controls.length).toBeGreaterThan(0)
      expect(controls.length).toBeLessThanOrEqual(count)
      expect(layerMatched(set, counts, { count, seed })).toEqual(controls)
    }),
  )
})

test('every set is as likely as any other', () => {
  const seen = new Map<string, number>()
  for (let seed = 0; seed < 2000; seed++)
    for (const set of layerMatched([at(0, 0), at(1, 0)], { layers: 2, heads: 4 }, { count: 3, seed }))
      seen.set(setName(set), (seen.get(setName(set)) ?? 0) + 1)
  // 9 sets, 6,000 draws: 667 each, standard deviation 21.
  expect(seen.size).toBe(9)
  for (const n of seen.values()) expect(Math.abs(n - 667)).toBeLessThan(110)
})
