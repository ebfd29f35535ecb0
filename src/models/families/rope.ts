import type { RopeScaling, Rotary } from '../../attention/positions/rotary.ts'
import { isObject, type JsonValue } from '../../checkpoint/strict-json.ts'
import { Fields } from './fields.ts'
import { LIMITS } from './sizes.ts'

const DEFAULT_THETA = 10_000
/** Below 2 the frequencies of the pairs hardly differ; at 1 YaRN would divide by log 1. */
export const THETA = { min: 2, max: 1e15 }
export const FACTOR = { min: 2 ** -20, max: 2 ** 20 }
export const GAIN = { min: 2 ** -20, max: 1000 }
const BETA = { min: 0, max: 1e6 }
const TYPES = ['default', 'linear', 'llama3', 'yarn']

/** The gain of YaRN for a context stretched by `scale` (Peng et al. 2023, eq. 22). */
export const yarnGain = (scale: number, mscale = 1): number => (scale <= 1 ? 1 : 0.1 * mscale * Math.log(scale) + 1)

function yarn(rope: Fields, original: number, context: number): RopeScaling {
  const factor = rope.number('factor', { ...FACTOR, absent: context / original })
  const [mscale, all] = ['mscale', 'mscale_all_dim'].map(key => rope.number(key, { min: 0, max: 1000, absent: 0 }))
  const absent = mscale && all ? yarnGain(factor, mscale) / yarnGain(factor, all) : yarnGain(factor)
  return {
    type: 'yarn',
    factor,
    originalContext: original,
    // Zero counts as absent, as in transformers.
    betaFast: rope.number('beta_fast', { ...BETA, absent: 0 }) || 32,
    betaSlow: rope.number('beta_slow', { ...BETA, absent: 0 }) || 1,
    attentionFactor: rope.number('attention_factor', { ...GAIN, absent }),
    truncate: rope.bool('truncate', true),
  }
}

function llama3(rope: Fields, original: number): RopeScaling {
  const lowFreqFactor = rope.number('low_freq_factor', FACTOR)
  const highFreqFactor = rope.number('high_freq_factor', FACTOR)
  if (highFreqFactor <= lowFreqFactor)
    throw rope.fault('high_freq_factor', highFreqFactor, `more than ${lowFreqFactor}`)
  return {
    type: 'llama3',
    factor: rope.number('factor', FACTOR),
    lowFreqFactor,
    highFreqFactor,
    originalContext: original,
  }
}

/**
 * Rotary positions of a config.json, in the old form (`rope_theta`, `rope_scaling`) and the new (`rope_parameters`).
 * Defaults and precedence as in transformers' modeling_rope_utils.
 */
export function ropeOf(config: Fields, context: number): Rotary {
  const key = config.raw('rope_scaling') === undefined ? 'rope_parameters' : 'rope_scaling'
  const given = (config.raw(key) ?? {}) as JsonValue
  if (!isObject(given)) throw config.fault(key, given, 'an object')
  const rope = new Fields(config.file, name => given[name.slice(key.length + 1)], `${key}.`)
  const nested = Object.keys(given).find(name => isObject(given[name]))
  if (nested !== undefined) throw rope.fault(nested, given[nested], 'one set of rotary parameters for all layers')

  const theta =
    rope.raw('rope_theta') === undefined
      ? config.number('rope_theta', { ...THETA, absent: DEFAULT_THETA })
      : rope.number('rope_theta', THETA)
  for (const fields of [config, rope])
    if (fields.number('partial_rotary_factor', { min: 0, max: 1, absent: 1 }) !== 1)
      throw fields.fault('partial_rotary_factor', fields.raw('partial_rotary_factor'), '1 (the whole head turns)')

  const type = rope.text('rope_type', rope.text('type', 'default'))
  const from = config.raw('original_max_position_embeddings') === undefined ? rope : config
  const original = () => from.int('original_max_position_embeddings', { ...LIMITS.context, absent: context })
  switch (type) {
    case 'default':
      return { theta, scaling: undefined }
    case 'linear':
      return { theta, scaling: { type, factor: rope.number('factor', FACTOR) } }
    case 'llama3':
      return { theta, scaling: llama3(rope, original()) }
    case 'yarn':
      return { theta, scaling: yarn(rope, original(), context) }
    default:
      throw rope.fault('rope_type', type, `one of ${TYPES.join(', ')}`)
  }
}
