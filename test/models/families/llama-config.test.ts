import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openModel } from '../../../src/checkpoint/reference.ts'
import type { DecoderConfig } from '../../../src/models/config.ts'
import { llamaConfig } from '../../../src/models/families/llama-config.ts'
import { faultOf } from '../../checkpoint/fault.ts'
import { type Entry, f32, text, u32, u32s } from '../../checkpoint/make-gguf.ts'
import { changed, config, ggufTensors, json, llamaGguf, writeFolder } from '../../checkpoint/make-llama.ts'
import { Scratch } from '../../checkpoint/scratch.ts'

const plain: DecoderConfig = {
  family: 'llama',
  layers: 2,
  heads: 4,
  groups: 2,
  headDim: 6,
  dim: 24,
  mlpDim: 32,
  vocab: 16,
  context: 64,
  normEps: 1e-5,
  activation: 'silu',
  tied: false,
  attentionBias: false,
  mlpBias: false,
  rope: { theta: 10_000, scaling: undefined },
  endTokens: [1],
}

/** The facts from a config.json with some fields changed, and perhaps a generation_config.json. */
async function ofJson(changes: object, generation?: object): Promise<DecoderConfig> {
  using scratch = new Scratch()
  writeFolder(scratch, { config: { ...config, ...changes } })
  if (generation) scratch.write('generation_config.json', json(generation))
  return llamaConfig(await openModel(scratch.folder))
}
async function ofGguf(
  changes: Readonly<Record<string, Entry | undefined>> = {},
  tensors = ggufTensors(),
): Promise<DecoderConfig> {
  using scratch = new Scratch()
  return llamaConfig(await openModel(scratch.write('m.gguf', llamaGguf(changed(changes), tensors))))
}

test('config.json', async () => {
  expect(await ofJson({})).toEqual(plain)
  const others = {
    head_dim: 8,
    num_key_value_heads: null,
    hidden_act: 'gelu_new',
    tie_word_embeddings: true,
    attention_bias: true,
    mlp_bias: true,
    rms_norm_eps: undefined,
  }
  expect(await ofJson(others)).toEqual({
    ...plain,
    headDim: 8,
    groups: 4,
    activation: 'gelu_tanh',
    tied: true,
    attentionBias: true,
    mlpBias: true,
    normEps: 1e-6,
  })
})

test('GGUF metadata, numbers as stored', async () => {
  const { normEps, ...rest } = await ofGguf()
  expect(normEps).toBe(9.999999747378752e-6)
  expect(rest).toEqual({ ...plain, normEps: undefined })
  expect(
    (
      await ofGguf(
        {},
        ggufTensors().filter(t => t.name !== 'output.weight'),
      )
    ).tied,
  ).toBe(true)
  const heads = u32s('llama.attention.head_count', [4, 4])
  const mlp = u32s('llama.feed_forward_length', [32, 32])
  expect(await ofGguf({ 'llama.attention.head_count': heads, 'llama.feed_forward_length': mlp })).toMatchObject({
    heads: 4,
    mlpDim: 32,
  })
})

test('end tokens: generation_config.json, else config.json; GGUF end of text, turn and message', async () => {
  expect((await ofJson({ eos_token_id: [1, 2] })).endTokens).toEqual([1, 2])
  expect((await ofJson({ eos_token_id: null })).endTokens).toEqual([])
  expect((await ofJson({}, { eos_token_id: [3, 4] })).endTokens).toEqual([3, 4])
  expect((await ofJson({}, { temperature: 0.6 })).endTokens).toEqual([1])
  const eot = u32('tokenizer.ggml.eot_token_id', 3)
  expect((await ofGguf({ 'tokenizer.ggml.eot_token_id': eot })).endTokens).toEqual([1, 3])
})

describe('rotary positions', () => {
  const scaling = async (changes: object) => (await ofJson(changes)).rope
  const llama3 = { factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 32 }

  test.each(['rope-linear', 'rope-llama3', 'rope-yarn', 'rope-yarn-mscale'])(
    '%s: the older spelling means the same',
    async name => {
      const folder = join(import.meta.dirname, '../../fixtures/tiny', name)
      using scratch = new Scratch()
      copyFileSync(join(folder, 'config.legacy.json'), scratch.path('config.json'))
      copyFileSync(join(folder, 'model.safetensors'), scratch.path('model.safetensors'))
      const [older, newer] = [await openModel(scratch.folder), await openModel(folder)].map(llamaConfig)
      expect(older).toEqual(newer)
      expect(older?.rope.scaling?.type).toBe(name.split('-')[1])
    },
  )

  test('defaults and precedence of transformers', async () => {
    expect(await scaling({ rope_theta: undefined })).toEqual({ theta: 10_000, scaling: undefined })
    expect(await scaling({ rope_parameters: { rope_theta: 500 } })).toEqual({ theta: 500, scaling: undefined })
    expect(
      await scaling({ rope_scaling: null, rope_parameters: { rope_type: 'default', rope_theta: 7 } }),
    ).toMatchObject({ theta: 7 })
    expect(await scaling({ rope_scaling: { type: 'linear', factor: 2 } })).toEqual({
      theta: 10_000,
      scaling: { type: 'linear', factor: 2 },
    })
    expect((await scaling({ rope_scaling: { rope_type: 'llama3', ...llama3 } })).scaling).toEqual({
      type: 'llama3',
      factor: 8,
      lowFreqFactor: 1,
      highFreqFactor: 4,
      originalContext: 32,
    })
    const yarn = {
      type: 'yarn',
      factor: 4,
      originalContext: 64,
      betaFast: 32,
      betaSlow: 1,
      attentionFactor: 0.1 * Math.log(4) + 1,
      truncate: true,
    }
    expect((await scaling({ rope_scaling: { rope_type: 'yarn', factor: 4, beta_fast: null } })).scaling).toEqual(yarn)
    // Without a factor, it is what the contexts say; the field beside the parameters comes first.
    expect(
      (
        await scaling({
          original_max_position_embeddings: 16,
          rope_scaling: { rope_type: 'yarn', original_max_position_embeddings: 8 },
        })
      ).scaling,
    ).toEqual({ ...yarn, originalContext: 16 })
    expect(
      (
        await scaling({
          rope_scaling: { rope_type: 'yarn', factor: 4, attention_factor: 1.5, mscale: 2, mscale_all_dim: 1 },
        })
      ).scaling,
    ).toMatchObject({ attentionFactor: 1.5 })
  })

  test('of GGUF: linear in both spellings, YaRN with its gain, divisors in a tensor', async () => {
    const rope = async (entries: Entry[], tensors = ggufTensors()) =>
      (await ofGguf(Object.fromEntries(entries.map(e => [e[0], e])), tensors)).rope
    const [S, linear] = ['llama.rope.scaling', { type: 'linear', factor: 2 }]
    expect(await rope([f32('llama.rope.freq_base', 500), u32('llama.rope.dimension_count', 6)])).toEqual({
      theta: 500,
      scaling: undefined,
    })
    expect((await rope([text(`${S}.type`, 'linear'), f32(`${S}.factor`, 2)])).scaling).toEqual(linear)
    expect((await rope([f32('llama.rope.scale_linear', 2)])).scaling).toEqual(linear)
    expect(
      (
        await rope([
          text(`${S}.type`, 'yarn'),
          f32(`${S}.factor`, 4),
          u32(`${S}.original_context_length`, 16),
          f32(`${S}.attn_factor`, 0.5),
        ])
      ).scaling,
    ).toEqual({
      type: 'yarn',
      factor: 4,
      originalContext: 16,
      betaFast: 32,
      betaSlow: 1,
      attentionFactor: 0.5 * (0.1 * Math.log(4) + 1),
      truncate: true,
    })
    const divisors = { name: 'rope_freqs.weight', dims: [3], data: Float32Array.of(1, 2.5, 8) }
    expect((await rope([], [...ggufTensors(), divisors])).scaling).toEqual({ type: 'factors', factors: [1, 2.5, 8] })
    for (const data of [Float32Array.of(1, 2), Float32Array.of(1, 0, 8), Float32Array.of(1, Number.NaN, 8)]) {
      const wrong = { ...divisors, dims: [data.length], data }
      expect(await faultOf(() => rope([], [...ggufTensors(), wrong]))).toMatchObject({
        code: 'rope-factors',
        where: 'rope_freqs.weight',
      })
    }
  })
})

type Cases = readonly (readonly [field: string, value: unknown, twin: unknown])[]
const sizes: Cases = [
  ...[
    'hidden_size',
    'num_hidden_layers',
    'num_attention_heads',
    'intermediate_size',
    'vocab_size',
    'max_position_embeddings',
  ].flatMap(field =>
    [0, -1, 12.5, '768', null, 1e18, true].map(value => [field, value, config[field as keyof typeof config]] as const),
  ),
  ['hidden_size', 2 ** 31, 24],
  ['num_hidden_layers', 1e9, 2],
]
const heads: Cases = [
  ['hidden_size', 26, 32],
  ['num_key_value_heads', 3, 4],
  ['num_key_value_heads', 8, 1],
  ['num_key_value_heads', 0, 2],
  ['head_dim', 7, 8],
  ['head_dim', 0, 2],
]
const rotary: Cases = [
  ['rope_theta', 0, 500],
  ['rope_theta', -1, 500],
  ['rope_theta', 'NaN', 500],
  ['rope_scaling', 'linear', null],
  [
    'rope_scaling.rope_type',
    { rope_type: 'longrope', factor: 2, short_factor: [1], long_factor: [1] },
    { rope_type: 'linear', factor: 2 },
  ],
  ['rope_scaling.rope_type', { rope_type: 'constructor' }, { rope_type: 'default' }],
  ['rope_scaling.factor', { type: 'linear', factor: 0 }, { type: 'linear', factor: 1 }],
  ['rope_scaling.factor', { type: 'linear' }, { type: 'linear', factor: 1 }],
  ['rope_scaling.factor', { type: 'linear', factor: [1, 2] }, { type: 'linear', factor: 2 }],
  [
    'rope_scaling.high_freq_factor',
    { rope_type: 'llama3', factor: 8, low_freq_factor: 4, high_freq_factor: 4 },
    { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4 },
  ],
  [
    'rope_scaling.beta_fast',
    { rope_type: 'yarn', factor: 4, beta_fast: -1 },
    { rope_type: 'yarn', factor: 4, beta_fast: 32 },
  ],
  ['rope_parameters.full_attention', { full_attention: { rope_theta: 1e4 } }, { rope_theta: 1e4 }],
  ['partial_rotary_factor', 0.5, 1],
  ['sliding_window', -1, 0],
  ['sliding_window', 1.5, 4096],
  ['layer_types', ['full_attention'], ['full_attention', 'full_attention']],
  ['layer_types', ['full_attention', 'sliding_attention'], null],
]
const rest: Cases = [
  ['hidden_act', 'constructor', 'relu'],
  ['rms_norm_eps', -1, 1e-6],
  ['tie_word_embeddings', 'yes', true],
  ['eos_token_id', 16, 15],
  ['eos_token_id', [1, -1], [1]],
  ['quantization_config', { quant_method: 'bitsandbytes' }, null],
]

describe.each([
  ['item 18: sizes out of reason', sizes],
  ['item 19: heads that do not fit', heads],
  ['item 20: rotary positions and windows', rotary],
  ['items 18 to 23: other fields', rest],
] as const)('%s', (_, cases) => {
  test.each(cases)('%s: %j', async (where, value, twin) => {
    const field = where.split('.')[0] as string
    const fault = await faultOf(() => ofJson({ [field]: value }))
    expect(fault).toMatchObject({ code: 'config-field', where, fault: 'data' })
    expect(fault.file).toMatch(/config\.json$/)
    expect(fault.allowed).toBeTypeOf('string')
    // The found value, unless it lies inside of what was given.
    if (!where.includes('.') && !Array.isArray(value) && typeof value !== 'object') expect(fault.found).toBe(value)
    expect(await ofJson({ [field]: twin })).toHaveProperty('family', 'llama')
  })
})

test.each([
  ['temperature', -1, 0],
  ['temperature', 'hot', 1],
  ['top_k', 1e12, 50],
  ['top_k', 1.5, 0],
  ['top_p', 2, 1],
  ['eos_token_id', 16, 15],
] as const)('item 23: %s %j in generation_config.json', async (where, value, twin) => {
  const fault = await faultOf(() => ofJson({}, { [where]: value }))
  expect(fault).toMatchObject({ code: 'config-field', where, found: value, fault: 'data' })
  expect(fault.file).toMatch(/generation_config\.json$/)
  expect(await ofJson({}, { [where]: twin })).toHaveProperty('family', 'llama')
})

test('item 23: end tokens by the thousand', async () => {
  const ends = (n: number) => ofJson({}, { eos_token_id: Array(n).fill(1) })
  expect((await ends(1000)).endTokens).toHaveLength(1000)
  expect(await faultOf(() => ends(1001))).toMatchObject({
    code: 'config-field',
    where: 'eos_token_id',
    found: '1001 ids',
  })
  expect(await faultOf(() => ends(1_000_000))).toMatchObject({ code: 'json-nodes', found: 1_000_001 })
})

describe('item 37: GGUF metadata', () => {
  const L = 'llama.'
  const cases: [where: string, bad: Entry | undefined, twin: Entry, found: unknown][] = [
    [`${L}block_count`, u32(`${L}block_count`, 0), u32(`${L}block_count`, 1), 0],
    [`${L}block_count`, u32(`${L}block_count`, 0xffff_ffff), u32(`${L}block_count`, 2), 0xffff_ffff],
    [`${L}block_count`, undefined, u32(`${L}block_count`, 2), undefined],
    [`${L}attention.head_count`, u32(`${L}attention.head_count`, 0), u32(`${L}attention.head_count`, 4), 0],
    [
      `${L}attention.head_count`,
      u32s(`${L}attention.head_count`, [4]),
      u32s(`${L}attention.head_count`, [4, 4]),
      '1 entries',
    ],
    [
      `${L}attention.head_count`,
      u32s(`${L}attention.head_count`, [4, 2]),
      u32s(`${L}attention.head_count`, [4, 4]),
      [4, 2],
    ],
    [`${L}attention.head_count_kv`, u32(`${L}attention.head_count_kv`, 3), u32(`${L}attention.head_count_kv`, 2), 3],
    [
      `${L}attention.layer_norm_rms_epsilon`,
      text(`${L}attention.layer_norm_rms_epsilon`, 'x'),
      f32(`${L}attention.layer_norm_rms_epsilon`, 0.5),
      'x',
    ],
    [`${L}attention.value_length`, u32(`${L}attention.value_length`, 8), u32(`${L}attention.value_length`, 6), 8],
    [`${L}rope.dimension_count`, u32(`${L}rope.dimension_count`, 4), u32(`${L}rope.dimension_count`, 6), 4],
    [
      `${L}rope.scaling.type`,
      text(`${L}rope.scaling.type`, 'longrope'),
      text(`${L}rope.scaling.type`, 'none'),
      'longrope',
    ],
    [`${L}expert_count`, u32(`${L}expert_count`, 8), u32(`${L}expert_count`, 0), 8],
    [`${L}vocab_size`, u32(`${L}vocab_size`, 17), u32(`${L}vocab_size`, 16), 17],
  ]
  test.each(cases)('%s', async (where, bad, twin, found) => {
    const fault = await faultOf(() => ofGguf({ [where]: bad }))
    expect(fault).toMatchObject({ code: 'config-field', where, fault: 'data' })
    expect(fault.found).toEqual(found)
    expect(await ofGguf({ [where]: twin })).toHaveProperty('family', 'llama')
  })
  test('no embedding', async () => {
    const fault = await faultOf(() => ofGguf({}, ggufTensors().slice(1)))
    expect(fault).toMatchObject({ code: 'weight-missing', where: 'token_embd.weight' })
  })
})
