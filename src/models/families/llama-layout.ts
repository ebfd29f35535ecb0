import type { Layout, LayoutEntry } from '../../checkpoint/layout.ts'
import type { TensorSource } from '../../checkpoint/source.ts'
import type { DecoderConfig } from '../config.ts'
import { weightNames } from '../weight-names.ts'

interface Part {
  readonly hf: string
  readonly gguf: string
  readonly shape: readonly number[]
  /** Rows are query or key heads, which GGUF keeps in the order of interleaved rotary positions. */
  readonly heads?: number
}

const withBias = (part: Part, bias: boolean): Part[] => [
  { ...part, hf: `${part.hf}.weight`, gguf: `${part.gguf}.weight` },
  ...(bias ? [{ ...part, hf: `${part.hf}.bias`, gguf: `${part.gguf}.bias`, shape: part.shape.slice(0, 1) }] : []),
]

/** The weights of one layer; maps are [out, in]. */
function layerParts(c: DecoderConfig): Part[] {
  const [queries, keys] = [c.heads * c.headDim, c.groups * c.headDim]
  const norm = (hf: string, gguf: string): Part => ({ hf: `${hf}.weight`, gguf: `${gguf}.weight`, shape: [c.dim] })
  const attention: readonly Part[] = [
    { hf: 'self_attn.q_proj', gguf: 'attn_q', shape: [queries, c.dim], heads: c.heads },
    { hf: 'self_attn.k_proj', gguf: 'attn_k', shape: [keys, c.dim], heads: c.groups },
    { hf: 'self_attn.v_proj', gguf: 'attn_v', shape: [keys, c.dim] },
    { hf: 'self_attn.o_proj', gguf: 'attn_output', shape: [c.dim, queries] },
  ]
  const mlp: readonly Part[] = [
    { hf: 'mlp.gate_proj', gguf: 'ffn_gate', shape: [c.mlpDim, c.dim] },
    { hf: 'mlp.up_proj', gguf: 'ffn_up', shape: [c.mlpDim, c.dim] },
    { hf: 'mlp.down_proj', gguf: 'ffn_down', shape: [c.dim, c.mlpDim] },
  ]
  return [
    norm('input_layernorm', 'attn_norm'),
    ...attention.flatMap(part => withBias(part, c.attentionBias)),
    norm('post_attention_layernorm', 'ffn_norm'),
    ...mlp.flatMap(part => withBias(part, c.mlpBias)),
  ]
}

/** Every weight that a Llama decoder needs under its Hugging Face name, and where this source keeps it. */
export function llamaLayout(c: DecoderConfig, source: TensorSource): Layout {
  const gguf = source.format === 'gguf'
  const entry = ({ hf, gguf: other, shape, heads }: Part): LayoutEntry => ({
    name: hf,
    from: gguf ? other : hf,
    shape,
    ...(gguf && heads !== undefined && { interleavedHeads: heads }),
  })
  const parts = layerParts(c)
  const layers = Array.from({ length: c.layers }, (_, l) =>
    parts.map(part => ({ ...part, hf: `${weightNames.layer(l)}.${part.hf}`, gguf: `blk.${l}.${part.gguf}` })),
  )
  const ends: Part[] = [
    { hf: weightNames.embedding, gguf: 'token_embd.weight', shape: [c.vocab, c.dim] },
    ...layers.flat(),
    { hf: weightNames.finalNorm, gguf: 'output_norm.weight', shape: [c.dim] },
    ...(c.tied ? [] : [{ hf: weightNames.unembedding(c), gguf: 'output.weight', shape: [c.vocab, c.dim] }]),
  ]
  return ends.map(entry)
}
