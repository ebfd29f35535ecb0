import { join } from 'node:path'
import { bad } from '../../checkpoint/fault.ts'
import type { TensorSource } from '../../checkpoint/source.ts'
import type { JsonObject } from '../../checkpoint/strict-json.ts'
import type { DecoderConfig } from '../config.ts'
import { Fields } from './fields.ts'
import { endTokensOf, generationEndTokens } from './generation.ts'
import { ropeOf } from './rope.ts'
import { ggufRope } from './rope-gguf.ts'
import { headSizes, LIMITS } from './sizes.ts'

const EPSILON = { min: 0, max: 1 }
const ACTIVATIONS: ReadonlyMap<string, DecoderConfig['activation']> = new Map([
  ['silu', 'silu'],
  ['swish', 'silu'],
  ['gelu', 'gelu'],
  ['gelu_new', 'gelu_tanh'],
  ['gelu_pytorch_tanh', 'gelu_tanh'],
  ['relu', 'relu'],
])

function activationOf(fields: Fields): DecoderConfig['activation'] {
  const found = fields.text('hidden_act', 'silu')
  const activation = ACTIVATIONS.get(found)
  if (activation !== undefined) return activation
  throw fields.fault('hidden_act', found, `one of ${[...ACTIVATIONS.keys()].join(', ')}`)
}

/** Fields whose meaning would change the forward pass, but which no Llama has. */
function refuseStrangers(fields: Fields, layers: number): void {
  const quantised = fields.raw('quantization_config')
  if (quantised !== undefined) {
    const method = typeof quantised === 'object' ? (quantised as JsonObject).quant_method : quantised
    throw fields.fault('quantization_config', method, 'none; take the unquantised weights, or a GGUF file')
  }
  fields.int('sliding_window', { min: 0, max: LIMITS.context.max, absent: 0 })
  const types = fields.raw('layer_types')
  if (types === undefined) return
  if (!Array.isArray(types) || types.length !== layers) {
    const found = Array.isArray(types) ? `${types.length} entries` : types
    throw fields.fault('layer_types', found, `a list of ${layers} entries, one a layer`)
  }
  const other = types.find(type => type !== 'full_attention')
  if (other !== undefined) throw fields.fault('layer_types', other, 'full_attention in every layer')
}

function fromJson(source: TensorSource, config: JsonObject): DecoderConfig {
  const file = join(source.folder, 'config.json')
  const fields = new Fields(file, key => config[key])
  const layers = fields.int('num_hidden_layers', LIMITS.layers)
  refuseStrangers(fields, layers)
  const sizes = headSizes(fields, {
    heads: 'num_attention_heads',
    groups: 'num_key_value_heads',
    headDim: 'head_dim',
    dim: 'hidden_size',
  })
  const context = fields.int('max_position_embeddings', LIMITS.context)
  const vocab = fields.int('vocab_size', LIMITS.vocab)
  const own =
    source.generation && generationEndTokens(source.generation, join(source.folder, 'generation_config.json'), vocab)
  return {
    family: 'llama',
    layers,
    ...sizes,
    mlpDim: fields.int('intermediate_size', LIMITS.mlpDim),
    vocab,
    context,
    normEps: fields.number('rms_norm_eps', { ...EPSILON, absent: 1e-6 }),
    activation: activationOf(fields),
    tied: fields.bool('tie_word_embeddings', false),
    attentionBias: fields.bool('attention_bias', false),
    mlpBias: fields.bool('mlp_bias', false),
    rope: ropeOf(fields, context),
    endTokens: own ?? endTokensOf(fields, 'eos_token_id', vocab) ?? [],
  }
}

/** A GGUF number that may also be given per layer: then as many as layers, and all the same. */
function perLayer(fields: Fields, key: string, layers: number): unknown {
  const value = fields.raw(key)
  if (!Array.isArray(value) && !ArrayBuffer.isView(value)) return value
  const list = Array.from(value as ArrayLike<unknown>)
  if (list.length !== layers) throw fields.fault(key, `${list.length} entries`, `one number, or ${layers} entries`)
  if (list.some(entry => entry !== list[0])) throw fields.fault(key, list, 'the same number in every layer')
  return list[0]
}

function fromGguf(source: TensorSource, metadata: NonNullable<TensorSource['metadata']>): DecoderConfig {
  const { file, tensors } = source
  const raw = new Fields(file, key => metadata.get(key), 'llama.')
  const layers = raw.int('block_count', LIMITS.layers)
  const fields = new Fields(file, key => perLayer(raw, key.slice('llama.'.length), layers), 'llama.')
  if (fields.int('expert_count', { min: 0, max: 65_536, absent: 0 }) > 0)
    throw fields.fault('expert_count', fields.raw('expert_count'), '0; mixtures of experts are another family')
  const sizes = headSizes(fields, {
    heads: 'attention.head_count',
    groups: 'attention.head_count_kv',
    headDim: 'attention.key_length',
    dim: 'embedding_length',
  })
  const values = fields.int('attention.value_length', { ...LIMITS.headDim, absent: sizes.headDim })
  if (values !== sizes.headDim) throw fields.fault('attention.value_length', values, `${sizes.headDim}, as the keys`)
  const context = fields.int('context_length', LIMITS.context)
  const vocab = tensors.get('token_embd.weight')?.shape[0]
  if (vocab === undefined) {
    const details = { code: 'weight-missing', file, where: 'token_embd.weight', found: 'nothing' }
    throw bad(details, 'tensor "token_embd.weight" is missing; without it there is no vocabulary.')
  }
  fields.int('vocab_size', { min: vocab, max: vocab, absent: vocab })
  const ids = new Fields(file, key => metadata.get(key), 'tokenizer.ggml.')
  const ends = ['eos', 'eot', 'eom'].flatMap(name => endTokensOf(ids, `${name}_token_id`, vocab) ?? [])
  return {
    family: 'llama',
    layers,
    ...sizes,
    mlpDim: fields.int('feed_forward_length', LIMITS.mlpDim),
    vocab,
    context,
    normEps: fields.number('attention.layer_norm_rms_epsilon', EPSILON),
    activation: 'silu',
    tied: !tensors.has('output.weight'),
    attentionBias: tensors.has('blk.0.attn_q.bias'),
    mlpBias: tensors.has('blk.0.ffn_up.bias'),
    rope: ggufRope(fields, source, sizes.headDim, context),
    endTokens: [...new Set(ends)],
  }
}

/** The facts of a Llama checkpoint, from its config.json or its GGUF metadata; every field is judged first. */
export function llamaConfig(source: TensorSource): DecoderConfig {
  if (source.metadata !== undefined) return fromGguf(source, source.metadata)
  return fromJson(source, source.config ?? {})
}
