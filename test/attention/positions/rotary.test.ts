import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type RopeScaling, rotaryFrequencies, rotaryTables } from '../../../src/attention/positions/rotary.ts'

interface Parameters {
  readonly rope_type: 'linear' | 'llama3' | 'yarn'
  readonly factor: number
  readonly original_max_position_embeddings?: number
  readonly low_freq_factor?: number
  readonly high_freq_factor?: number
  readonly beta_fast?: number
  readonly beta_slow?: number
  readonly truncate?: boolean
}
interface Case {
  readonly width: number
  readonly theta: number
  readonly scaling: Parameters | null
  readonly frequencies: readonly number[]
  readonly attentionFactor: number
}
const file = join(import.meta.dirname, '../../fixtures/rotary/expected.json')
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Record<string, Case> }

function scalingOf(s: Parameters, attentionFactor: number): RopeScaling {
  const { factor, original_max_position_embeddings: originalContext = 0 } = s
  switch (s.rope_type) {
    case 'linear':
      return { type: 'linear', factor }
    case 'llama3':
      return {
        type: 'llama3',
        factor,
        originalContext,
        lowFreqFactor: s.low_freq_factor ?? 0,
        highFreqFactor: s.high_freq_factor ?? 0,
      }
    case 'yarn':
      return {
        type: 'yarn',
        factor,
        originalContext,
        attentionFactor,
        betaFast: s.beta_fast ?? 32,
        betaSlow: s.beta_slow ?? 1,
        truncate: s.truncate ?? true,
      }
  }
}

describe.for(Object.entries(cases))('%s as in Hugging Face transformers', ([, c]) => {
  const { width, theta, frequencies, attentionFactor } = c
  const scaling = c.scaling ? scalingOf(c.scaling, attentionFactor) : undefined

  test('frequencies to 1e-6', () => {
    const found = rotaryFrequencies({ theta, scaling }, width)
    expect(found.length).toBe(width / 2)
    expect(frequencies.length).toBe(width / 2)
    for (const [i, f] of frequencies.entries()) expect(Math.abs(found[i]! / f - 1)).toBeLessThan(1e-6)
  })

  test('tables turn by position · frequency, stretched by the attention factor', () => {
    const positions = 8192
    const { cos, sin } = rotaryTables({ theta, scaling }, width, positions)
    expect([cos.shape, sin.shape]).toEqual([
      [positions, width / 2],
      [positions, width / 2],
    ])
    const exact = rotaryFrequencies({ theta, scaling }, width)
    for (const p of [0, 1, 100, positions - 1])
      for (const i of [0, 1, width / 4, width / 2 - 1]) {
        const at = p * (width / 2) + i
        expect(cos.data[at]).toBeCloseTo(attentionFactor * Math.cos(p * exact[i]!), 6)
        expect(sin.data[at]).toBeCloseTo(attentionFactor * Math.sin(p * exact[i]!), 6)
      }
    expect(cos.data[0]).toBe(Math.fround(attentionFactor))
    expect(sin.data[0]).toBe(0)
  })
})

test('every kind of scaling that a configuration may ask for is among the cases', () => {
  expect(new Set(Object.values(cases).map(c => c.scaling?.rope_type))).toEqual(
    new Set([undefined, 'linear', 'llama3', 'yarn']),
  )
})

test('divisors from a file divide the frequencies of their pairs', () => {
  const plain = rotaryFrequencies({ theta: 10000, scaling: undefined }, 6)
  const found = rotaryFrequencies({ theta: 10000, scaling: { type: 'factors', factors: [1, 2, 8] } }, 6)
  expect([...found]).toEqual([plain[0], plain[1]! / 2, plain[2]! / 8])
})
