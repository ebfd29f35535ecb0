import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Sampling, sampleToken, tokensWithin } from '../../src/runs/sample.ts'
import { createRandom } from '../../src/statistics/random.ts'

/** Coarse logits, so that many are equal; at least one token is likely. */
const logits = fc
  .array(fc.integer({ min: -12, max: 12 }), { minLength: 1, maxLength: 40 })
  .map(all => Float32Array.from(all, x => x / 4))
const temperature = fc.constantFrom(0.3, 0.7, 1, 2)
const limits = fc.record(
  { topK: fc.integer({ min: 1, max: 50 }), topP: fc.integer({ min: 1, max: 100 }).map(p => p / 100) },
  { requiredKeys: [] },
)
const probabilities = (of: readonly number[]): number[] => {
  const total = of.reduce((s, x) => s + Math.exp(x), 0)
  return of.map(x => Math.exp(x) / total)
}

/**
 * The probability of each token by removing one after another, as the processors of transformers do: those below the
 * k-th (here ties go by id), then, least likely first, those whose sum stays at 1 − P or less.
 */
function truncated(given: Float32Array, { temperature: t, topK = given.length, topP = 1 }: Sampling): number[] {
  const scaled = Array.from(given, x => x / t)
  const order = scaled.map((_, id) => id).sort((a, b) => scaled[b]! - scaled[a]! || a - b)
  const left = order.slice(0, topK)
  const p = probabilities(left.map(id => scaled[id]!))
  let removed = 0
  for (let last = p.length - 1; topP < 1 && last > 0; last--) {
    removed += p[last]!
    // A hair more, because the sum is taken from the other end.
    if (removed > 1 - topP + 1e-12) break
    left.pop()
  }
  const kept = probabilities(left.map(id => scaled[id]!))
  const out = scaled.map(() => 0)
  for (const [i, id] of left.entries()) out[id] = kept[i]!
  return out
}

test('what may be drawn is what is left when one token after another is removed', () => {
  fc.assert(
    fc.property(logits, temperature, limits, (given, t, o) => {
      const expected = truncated(given, { temperature: t, ...o })
      const within = [...tokensWithin(given, { temperature: t, ...o })]
      expect(within).toEqual(expected.flatMap((p, id) => (p > 0 ? [id] : [])))
    }),
    { numRuns: 500 },
  )
})

/** The value that chi-square of so many degrees of freedom exceeds once in a million (Wilson and Hilferty 1931). */
const bound = (freedom: number): number => freedom * (1 - 2 / (9 * freedom) + 4.75 * Math.sqrt(2 / (9 * freedom))) ** 3
const DRAWS = 4000

test('draws follow the truncated distribution: chi-square', () => {
  let tested = 0
  fc.assert(
    fc.property(logits, temperature, limits, fc.nat(1000), (given, t, o, seed) => {
      const sampling = { temperature: t, ...o }
      const expected = truncated(given, sampling)
      const random = createRandom(seed)
      const seen = expected.map(() => 0)
      for (let i = 0; i < DRAWS; i++) seen[sampleToken(given, sampling, random)]!++
      expect(seen.filter((n, id) => n > 0 && expected[id] === 0)).toEqual([])
      // Tokens that are expected fewer than five times count as one.
      const [often, seldom] = [true, false].map(many =>
        expected.flatMap((p, id) => (DRAWS * p >= 5 === many && p > 0 ? [[DRAWS * p, seen[id]!] as const] : [])),
      )
      const rest = seldom!.reduce(([e, n], [a, b]) => [e + a, n + b] as const, [0, 0] as const)
      const cells = rest[0] >= 5 ? [...often!, rest] : often!
      if (cells.length < 2) return
      tested++
      expect(cells.reduce((s, [e, n]) => s + (n - e) ** 2 / e, 0)).toBeLessThan(bound(cells.length - 1))
    }),
    { numRuns: 200, seed: 5 },
  )
  expect(tested).toBeGreaterThan(50)
})

test('one token is the greedy one; every token and all of the probability is no limit at all', () => {
  fc.assert(
    fc.property(logits, temperature, fc.nat(), (given, t, seed) => {
      const draw = (o: Sampling): number[] => {
        const random = createRandom(seed)
        return Array.from({ length: 20 }, () => sampleToken(given, o, random))
      }
      const greedy = new Set(draw({ temperature: 0 }))
      expect(new Set(draw({ temperature: t, topK: 1 }))).toEqual(greedy)
      expect(new Set(draw({ temperature: t, topP: 1e-9 }))).toEqual(greedy)
      expect(draw({ temperature: t, topK: given.length, topP: 1 })).toEqual(draw({ temperature: t }))
      expect(draw({ temperature: t, topK: 1e6 })).toEqual(draw({ temperature: t }))
    }),
  )
})
