import { type Entry, f32 as float, gguf, type Tensor, text, texts, u32 } from './make-gguf.ts'
import { type Weight, weightsFile } from './make-safetensors.ts'
import type { Scratch } from './scratch.ts'

/** config.json of a Llama of 2 layers, 4 heads in 2 groups of size 6, width 24. */
export const config = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 24,
  intermediate_size: 32,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 16,
  max_position_embeddings: 64,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  eos_token_id: 1,
  tie_word_embeddings: false,
}

const layer = (l: number): [string, string, number[]][] => [
  [`model.layers.${l}.input_layernorm.weight`, `blk.${l}.attn_norm.weight`, [24]],
  [`model.layers.${l}.self_attn.q_proj.weight`, `blk.${l}.attn_q.weight`, [24, 24]],
  [`model.layers.${l}.self_attn.k_proj.weight`, `blk.${l}.attn_k.weight`, [12, 24]],
  [`model.layers.${l}.self_attn.v_proj.weight`, `blk.${l}.attn_v.weight`, [12, 24]],
  [`model.layers.${l}.self_attn.o_proj.weight`, `blk.${l}.attn_output.weight`, [24, 24]],
  [`model.layers.${l}.post_attention_layernorm.weight`, `blk.${l}.ffn_norm.weight`, [24]],
  [`model.layers.${l}.mlp.gate_proj.weight`, `blk.${l}.ffn_gate.weight`, [32, 24]],
  [`model.layers.${l}.mlp.up_proj.weight`, `blk.${l}.ffn_up.weight`, [32, 24]],
  [`model.layers.${l}.mlp.down_proj.weight`, `blk.${l}.ffn_down.weight`, [24, 32]],
]
/** Hugging Face name, GGUF name and shape of every weight. */
export const names: readonly [hf: string, gguf: string, shape: number[]][] = [
  ['model.embed_tokens.weight', 'token_embd.weight', [16, 24]],
  ...layer(0),
  ...layer(1),
  ['model.norm.weight', 'output_norm.weight', [24]],
  ['lm_head.weight', 'output.weight', [16, 24]],
]

/** Weights that differ from each other in every element. */
export function weights(): Record<string, Weight> {
  let n = 0
  return Object.fromEntries(
    names.map(([hf, , shape]) => {
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => Math.sin(n++))
      return [hf, { shape, data }]
    }),
  )
}

export const json = (value: unknown): string => JSON.stringify(value)

/** Writes the Llama as a Hugging Face folder into a scratch folder. */
export function writeFolder(
  scratch: Scratch,
  { config: changed = config, tensors = weights() }: { config?: object; tensors?: Record<string, Weight> } = {},
): string {
  scratch.write('config.json', json(changed))
  scratch.write('tokenizer.json', '{}')
  scratch.write('model.safetensors', weightsFile(tensors))
  return scratch.folder
}

export const ggufEntries: readonly Entry[] = [
  text('general.architecture', 'llama'),
  u32('llama.block_count', 2),
  u32('llama.context_length', 64),
  u32('llama.embedding_length', 24),
  u32('llama.feed_forward_length', 32),
  u32('llama.attention.head_count', 4),
  u32('llama.attention.head_count_kv', 2),
  float('llama.attention.layer_norm_rms_epsilon', 1e-5),
  texts(
    'tokenizer.ggml.tokens',
    Array.from({ length: 16 }, (_, i) => `t${i}`),
  ),
  u32('tokenizer.ggml.eos_token_id', 1),
]

/** Entries with some replaced or added by key; `undefined` takes one away. */
export function changed(changes: Readonly<Record<string, Entry | undefined>>): Entry[] {
  const kept = ggufEntries.filter(([key]) => !Object.hasOwn(changes, String(key)))
  return [...kept, ...Object.values(changes).filter(entry => entry !== undefined)]
}

/** Rows of one head from half-split into the interleaved order that GGUF keeps. */
function interleave({ shape, data }: Weight, heads: number): Float32Array {
  const [rows = 1, width = 1] = shape
  const headRows = rows / heads
  return Float32Array.from(data, (_, i) => {
    const [row, column] = [Math.floor(i / width), i % width]
    const [head, within] = [Math.floor(row / headRows), row % headRows]
    const source = head * headRows + (within % 2) * (headRows / 2) + Math.floor(within / 2)
    return data[source * width + column] ?? 0
  })
}

/** The same Llama as tensors of a GGUF file. */
export const ggufTensors = (from = weights()): Tensor[] =>
  names.map(([hf, name, shape]) => {
    const weight = from[hf] as Weight
    const heads = name.includes('attn_q') ? 4 : name.includes('attn_k') ? 2 : undefined
    return { name, dims: [...shape].reverse(), data: heads === undefined ? weight.data : interleave(weight, heads) }
  })

/** The same Llama as GGUF. */
export const llamaGguf = (entries: readonly Entry[] = ggufEntries, tensors = ggufTensors()): Buffer =>
  gguf({ entries, tensors })
