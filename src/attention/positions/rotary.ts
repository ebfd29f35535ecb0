import { f32, type NDArray } from '../../words/arrays.ts'

/** How rotary frequencies are stretched beyond the trained context. */
export type RopeScaling =
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'llama3'
      readonly factor: number
      readonly lowFreqFactor: number
      readonly highFreqFactor: number
      readonly originalContext: number
    }
  | {
      readonly type: 'yarn'
      readonly factor: number
      readonly originalContext: number
      readonly betaFast: number
      readonly betaSlow: number
      /** Multiplies cos and sin; already resolved from attention_factor, mscale and mscale_all_dim. */
      readonly attentionFactor: number
      readonly truncate: boolean
    }
  /** One divisor per pair of dimensions, as GGUF files keep them in `rope_freqs.weight`. */
  | { readonly type: 'factors'; readonly factors: readonly number[] }

export interface Rotary {
  readonly theta: number
  readonly scaling: RopeScaling | undefined
}

type Of<T extends RopeScaling['type']> = Extract<RopeScaling, { type: T }>

/** Llama 3: long waves are slowed by the factor, short ones kept, those between blended (Llama 3.1 release). */
function llama3(frequency: number, s: Of<'llama3'>): number {
  const turns = (s.originalContext * frequency) / (2 * Math.PI)
  if (turns < s.lowFreqFactor) return frequency / s.factor
  if (turns > s.highFreqFactor) return frequency
  const smooth = (turns - s.lowFreqFactor) / (s.highFreqFactor - s.lowFreqFactor)
  return ((1 - smooth) * frequency) / s.factor + smooth * frequency
}

/** YaRN (Peng et al. 2023), NTK-by-parts: a ramp over the dimensions from kept to slowed. */
function yarn(frequency: number, index: number, width: number, theta: number, s: Of<'yarn'>): number {
  const turnsAt = (turns: number) =>
    (width * Math.log(s.originalContext / (turns * 2 * Math.PI))) / (2 * Math.log(theta))
  const [low, high] = [turnsAt(s.betaFast), turnsAt(s.betaSlow)]
  const first = Math.max(s.truncate ? Math.floor(low) : low, 0)
  const last = Math.min(s.truncate ? Math.ceil(high) : high, width - 1)
  const ramp = (index - first) / (last === first ? 0.001 : last - first)
  const slowed = Math.min(1, Math.max(0, ramp))
  return (frequency / s.factor) * slowed + frequency * (1 - slowed)
}

/** Radians per position of each pair of dimensions: theta^(−2i/width), scaled; width/2 numbers. */
export function rotaryFrequencies({ theta, scaling }: Rotary, width: number): Float64Array {
  return Float64Array.from({ length: width / 2 }, (_, i) => {
    const frequency = theta ** ((-2 * i) / width)
    switch (scaling?.type) {
      case undefined:
        return frequency
      case 'linear':
        return frequency / scaling.factor
      case 'llama3':
        return llama3(frequency, scaling)
      case 'yarn':
        return yarn(frequency, i, width, theta, scaling)
      case 'factors':
        return frequency / scaling.factors[i]!
    }
  })
}

export interface RotaryTables {
  readonly cos: NDArray<'f32'>
  readonly sin: NDArray<'f32'>
}

/**
 * cos and sin of position · frequency, each [positions, width/2]. Angles are taken in float64: at position 8,192
 * a float32 angle is already off by 5e-4.
 */
export function rotaryTables(rotary: Rotary, width: number, positions: number): RotaryTables {
  const frequencies = rotaryFrequencies(rotary, width)
  const half = frequencies.length
  const gain = rotary.scaling?.type === 'yarn' ? rotary.scaling.attentionFactor : 1
  const cos = new Float32Array(positions * half)
  const sin = new Float32Array(positions * half)
  for (let p = 0; p < positions; p++)
    for (let i = 0; i < half; i++) {
      const angle = p * frequencies[i]!
      cos[p * half + i] = gain * Math.cos(angle)
      sin[p * half + i] = gain * Math.sin(angle)
    }
  return { cos: f32([positions, half], cos), sin: f32([positions, half], sin) }
}
