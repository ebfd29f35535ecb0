import { describe, expect, test } from 'vitest'
import { checkSampling, type Sampling, sampleToken } from '../../src/runs/sample.ts'
import { createRandom } from '../../src/statistics/random.ts'
import { refusal } from '../support/refusal.ts'

const PROBABILITIES = [0.4, 0.1, 0.25, 0.05, 0.2]
const logits = Float32Array.from(PROBABILITIES, Math.log)
const DRAWS = 20_000

function frequencies(o: Sampling, seed = 1): number[] {
  const random = createRandom(seed)
  const counts = new Array<number>(logits.length).fill(0)
  for (let i = 0; i < DRAWS; i++) counts[sampleToken(logits, o, random)]!++
  return counts.map(n => n / DRAWS)
}
/** Five standard errors of a share of the draws. */
const near = (found: number[], expected: number[]) =>
  found.forEach((f, i) => {
    const p = expected[i]!
    if (p === 0) expect(f).toBe(0)
    else expect(Math.abs(f - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / DRAWS) + 1e-12)
  })

describe('draws follow the distribution', () => {
  test.each<[string, Sampling, number[]]>([
    ['temperature 1', { temperature: 1 }, PROBABILITIES],
    ['temperature 0.5', { temperature: 0.5 }, PROBABILITIES.map(p => (p * p) / 0.275)],
    ['top 2', { temperature: 1, topK: 2 }, [0.4 / 0.65, 0, 0.25 / 0.65, 0, 0]],
    ['top k beyond the vocabulary', { temperature: 1, topK: 99 }, PROBABILITIES],
    ['top p 0.6', { temperature: 1, topP: 0.6 }, [0.4 / 0.65, 0, 0.25 / 0.65, 0, 0]],
    ['top p 0.66 takes one more', { temperature: 1, topP: 0.66 }, [0.4 / 0.85, 0, 0.25 / 0.85, 0, 0.2 / 0.85]],
    ['top p of almost nothing takes the most likely', { temperature: 1, topP: 1e-9 }, [1, 0, 0, 0, 0]],
    ['top p 1', { temperature: 1, topP: 1 }, PROBABILITIES],
    ['top p of the mass that top k left', { temperature: 1, topK: 3, topP: 0.7 }, [0.4 / 0.65, 0, 0.25 / 0.65, 0, 0]],
    ['temperature near 0', { temperature: 1e-6 }, [1, 0, 0, 0, 0]],
    ['temperature 0', { temperature: 0 }, [1, 0, 0, 0, 0]],
  ])('%s', (_, o, expected) => near(frequencies(o), expected))

  test('the same seed draws the same, another seed something else', () => {
    const draw = (seed: number) => {
      const random = createRandom(seed)
      return Array.from({ length: 40 }, () => sampleToken(logits, { temperature: 1 }, random))
    }
    expect(draw(5)).toEqual(draw(5))
    expect(draw(5)).not.toEqual(draw(6))
  })
  test('of equal logits the first is the greedy one', () => {
    expect(sampleToken(Float32Array.of(1, 3, 3), { temperature: 0 }, createRandom(0))).toBe(1)
  })
})

test.each<[string, Sampling, string]>([
  ['a negative temperature', { temperature: -1 }, 'temperature'],
  ['no temperature', { temperature: Number.NaN }, 'temperature'],
  ['an infinite temperature', { temperature: Number.POSITIVE_INFINITY }, 'temperature'],
  ['top k 0', { temperature: 1, topK: 0 }, 'topK'],
  ['top k 1.5', { temperature: 1, topK: 1.5 }, 'topK'],
  ['top p 0', { temperature: 1, topP: 0 }, 'topP'],
  ['top p 1.1', { temperature: 1, topP: 1.1 }, 'topP'],
])('%s is refused', async (_, o, where) => {
  expect(await refusal(() => checkSampling(o))).toMatchObject({ code: 'sampling', fault: 'usage', where })
  checkSampling({ temperature: 1, topK: 1, topP: 1 })
})
