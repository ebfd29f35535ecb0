import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bootstrapDifference, bootstrapGrid } from '../../src/statistics/bootstrap.ts'
import { benjaminiHochberg } from '../../src/statistics/fdr.ts'
import { labelPermutationTest, signFlipTest } from '../../src/statistics/permutation.ts'
import { createRandom } from '../../src/statistics/random.ts'
import { bootstrapRatio } from '../../src/statistics/ratio.ts'

const value = fc.integer({ min: -64, max: 64 }).map(x => x / 8)
const values = fc.array(value, { minLength: 2, maxLength: 12 })
const seed = fc.nat(1000)

test('q-values rise with p, are at least p, at most 1, and do not depend on the order', () => {
  const p = fc.array(fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(Number.NaN)), { maxLength: 30 })
  fc.assert(
    fc.property(p, ps => {
      const q = benjaminiHochberg(ps)
      for (const [i, a] of ps.entries()) {
        if (Number.isNaN(a)) expect(q[i]).toBeNaN()
        else expect(q[i]! >= a * (1 - 1e-15) && q[i]! <= 1).toBe(true)
        for (const [j, b] of ps.entries()) if (a <= b) expect(q[i]!).toBeLessThanOrEqual(q[j]!)
      }
      expect([...benjaminiHochberg(ps.toReversed())].reverse()).toEqual([...q])
    }),
  )
})

test('a paired difference from a constant is the unpaired interval, moved', () => {
  fc.assert(
    fc.property(values, value, seed, (a, constant, s) => {
      const plain = bootstrapGrid(a, a.length, 1, { seed: s, draws: 100 })
      const second = a.map(() => constant)
      const moved = bootstrapDifference(a, second, a.length, 1, { seed: s, draws: 100 })
      for (const part of ['mean', 'low', 'high'] as const)
        expect(moved[part]![0]).toBeCloseTo(plain[part]![0]! - constant, 10)
    }),
  )
})

test('clusters of one prompt are no clusters, for ratios and for flips', () => {
  fc.assert(
    fc.property(values, seed, (a, s) => {
      const clusters = a.map((_, i) => `c${i}`)
      const ones = a.map(() => 1)
      const o = { seed: s, draws: 60 }
      expect(bootstrapRatio(a, ones, a.length, 1, { ...o, clusters })).toEqual(bootstrapRatio(a, ones, a.length, 1, o))
      expect(signFlipTest(a, a.length, 1, { ...o, clusters })).toEqual(signFlipTest(a, a.length, 1, o))
    }),
  )
})

test('a ratio to ones is a mean', () => {
  fc.assert(
    fc.property(values, seed, (a, s) => {
      const o = { seed: s, draws: 60 }
      const { ratio, low, high } = bootstrapRatio(
        a,
        a.map(() => 1),
        a.length,
        1,
        o,
      )
      expect({ mean: ratio, low, high, n: Uint32Array.of(a.length) }).toEqual(bootstrapGrid(a, a.length, 1, o))
    }),
  )
})

test('tests are two-sided: turning all signs, or trading the samples, changes nothing when exact', () => {
  fc.assert(
    fc.property(values, values, (a, b) => {
      const turned = a.map(x => -x)
      expect(signFlipTest(turned, a.length, 1, { seed: 0 }).p).toEqual(signFlipTest(a, a.length, 1, { seed: 0 }).p)
      const [few, more] = [a.slice(0, 5), b.slice(0, 6)]
      const there = labelPermutationTest(few, more, 1, { seed: 0 })
      expect(there.p[0]).toBeCloseTo(labelPermutationTest(more, few, 1, { seed: 0 }).p[0]!, 12)
    }),
  )
})

// 800 cells of pure noise: the share with p ≤ α has a standard error of √(α(1 − α) / 800); five of them are allowed.
test.each([
  { test: 'exact sign flips', draws: 10_000, prompts: 10 },
  { test: 'random sign flips', draws: 400, prompts: 20 },
  { test: 'labels', draws: 400, prompts: 20 },
])('under the null p is uniform: $test', ({ test: kind, draws, prompts }) => {
  const cells = 800
  const random = createRandom(prompts + draws)
  // Sums of uniforms are near enough to normal, and symmetric.
  const noise = Float64Array.from({ length: prompts * cells }, () => random.uniform() + random.uniform() - 1)
  const { p } =
    kind === 'labels'
      ? labelPermutationTest(noise.slice(0, 8 * cells), noise.slice(8 * cells), cells, { seed: 1, draws })
      : signFlipTest(noise, prompts, cells, { seed: 1, draws })
  for (const alpha of [0.05, 0.25, 0.5, 0.9]) {
    const share = p.filter(x => x <= alpha + 1e-9).length / cells
    expect(Math.abs(share - alpha), `share of p ≤ ${alpha}`).toBeLessThan(5 * Math.sqrt((alpha * (1 - alpha)) / cells))
  }
})
