import type { RopeScaling, Rotary } from '../../attention/positions/rotary.ts'
import { bad } from '../../checkpoint/fault.ts'
import { readTensor } from '../../checkpoint/read-tensor.ts'
import type { TensorSource } from '../../checkpoint/source.ts'
import type { Fields } from './fields.ts'
import { FACTOR, GAIN, THETA, yarnGain } from './rope.ts'
import { LIMITS } from './sizes.ts'

const BETA = { min: 2 ** -20, max: 1e6 }
const FREQUENCIES = 'rope_freqs.weight'

/** Llama 3's scaling, which GGUF keeps as one divisor per pair of dimensions. */
function factorsOf({ tensors, file }: TensorSource, headDim: number): RopeScaling | undefined {
  const tensor = tensors.get(FREQUENCIES)
  if (tensor === undefined) return undefined
  const details = { file, where: FREQUENCIES, allowed: `${headDim / 2} numbers above 0` }
  const wrong = (found: unknown) =>
    bad({ ...details, code: 'rope-factors', found }, `${FREQUENCIES} is not ${details.allowed}.`)
  if (tensor.shape.length !== 1 || tensor.shape[0] !== headDim / 2) throw wrong(tensor.shape)
  const factors = [...readTensor(tensor)]
  const fault = factors.find(f => !(f > 0 && Number.isFinite(f)))
  if (fault !== undefined) throw wrong(fault)
  return { type: 'factors', factors }
}

/** Rotary positions of a GGUF file; `fields` are those of its architecture. YaRN's gain as llama.cpp computes it. */
export function ggufRope(fields: Fields, source: TensorSource, headDim: number, context: number): Rotary {
  const theta = fields.number('rope.freq_base', { ...THETA, absent: 10_000 })
  const turned = fields.int('rope.dimension_count', { ...LIMITS.headDim, absent: headDim })
  if (turned !== headDim) throw fields.fault('rope.dimension_count', turned, `${headDim} (the whole head turns)`)

  const factors = factorsOf(source, headDim)
  const old = fields.raw('rope.scale_linear') === undefined ? 'rope.scaling.factor' : 'rope.scale_linear'
  const factor = fields.number(old, { ...FACTOR, absent: 1 })
  const type = fields.text('rope.scaling.type', old === 'rope.scale_linear' ? 'linear' : 'none')
  if (factors !== undefined && type !== 'none')
    throw fields.fault('rope.scaling.type', type, `none beside ${FREQUENCIES}`)
  switch (type) {
    case 'none':
      return { theta, scaling: factors }
    case 'linear':
      return { theta, scaling: { type, factor } }
    case 'yarn': {
      const gain = fields.number('rope.scaling.attn_factor', { ...GAIN, absent: 1 })
      if (fields.number('rope.scaling.yarn_log_multiplier', { min: -1000, max: 1000, absent: 0 }) !== 0)
        throw fields.fault('rope.scaling.yarn_log_multiplier', fields.raw('rope.scaling.yarn_log_multiplier'), '0')
      const scaling: RopeScaling = {
        type,
        factor,
        originalContext: fields.int('rope.scaling.original_context_length', { ...LIMITS.context, absent: context }),
        betaFast: fields.number('rope.scaling.yarn_beta_fast', { ...BETA, absent: 32 }),
        betaSlow: fields.number('rope.scaling.yarn_beta_slow', { ...BETA, absent: 1 }),
        attentionFactor: gain * yarnGain(factor),
        truncate: true,
      }
      return { theta, scaling }
    }
    default:
      throw fields.fault('rope.scaling.type', type, 'one of none, linear, yarn')
  }
}
