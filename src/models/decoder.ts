import { softmaxAttention } from '../attention/mechanisms/softmax.ts'
import { type RotaryTables, rotaryTables } from '../attention/positions/rotary.ts'
import { type Dim, mulDims } from '../graph/dim.ts'
import { gelu, rmsNorm, rope, silu } from '../graph/primitives/composite.ts'
import { linear, matmul } from '../graph/primitives/contract.ts'
import { add, max, mul } from '../graph/primitives/elementwise.ts'
import { gather } from '../graph/primitives/index-by.ts'
import { constant, scalar, weight } from '../graph/primitives/leaf.ts'
import { sum } from '../graph/primitives/reduce.ts'
import { permute, reshape } from '../graph/primitives/shape.ts'
import { type Sym, scoped } from '../graph/sym.ts'
import { type Point, point, type Site } from '../words/site.ts'
import type { DecoderConfig } from './config.ts'
import type { LayerKV, Model, ModelInput } from './model.ts'
import type { Tap } from './tap.ts'
import { weightNames } from './weight-names.ts'

const ACTIVATIONS = {
  silu,
  gelu: (x: Sym) => gelu(x),
  gelu_tanh: (x: Sym) => gelu(x, 'tanh'),
  relu: (x: Sym) => max(x, scalar(0)),
}

/** What every layer needs beside its weights: where the rows stand, and the tables that turn q and k. */
interface Positions {
  readonly at: Sym
  readonly cos: Sym
  readonly sin: Sym
}

/** A linear map of the checkpoint: `name.weight` [out, in], and `name.bias` [out] where the family has one. */
const map = (x: Sym, name: string, out: number, bias: boolean): Sym =>
  linear(
    x,
    weight(`${name}.weight`, [out, x.shape[x.shape.length - 1] as number]),
    bias ? weight(`${name}.bias`, [out]) : undefined,
  )

/**
 * Attention of one layer: the normed residual [batch, time, dim] in, the sum over heads [batch, time, dim] out, with
 * the layer's new keys and values.
 */
function attend(
  c: DecoderConfig,
  layer: number,
  x: Sym,
  rows: Positions,
  input: ModelInput,
  tap: Tap,
): { sum: Sym; kv: LayerKV } {
  const name = weightNames.attention(layer)
  const at = (site: Site): Point => point(site, layer)
  const asking = input.narrow?.(layer, x) ?? x
  const askingAt = input.narrow?.(layer, rows.at) ?? rows.at
  const heads = (y: Sym, count: number) => reshape(y, [y.shape[0]!, y.shape[1]!, count, c.headDim])
  const turn = (y: Sym, where: Sym) => rope(y, rows.cos, rows.sin, where)

  const qRaw = tap(at('q_raw'), heads(map(asking, `${name}.q_proj`, c.heads * c.headDim, c.attentionBias), c.heads))
  const kRaw = tap(at('k_raw'), heads(map(x, `${name}.k_proj`, c.groups * c.headDim, c.attentionBias), c.groups))
  const vRaw = tap(at('v_raw'), heads(map(x, `${name}.v_proj`, c.groups * c.headDim, c.attentionBias), c.groups))
  const q = tap(at('q'), turn(qRaw, askingAt))
  const k = tap(at('k'), turn(kRaw, rows.at))
  const v = tap(at('v'), vRaw)

  const all = input.meet?.(layer, { q, k, v }) ?? { q, k, v, back: (z: Sym) => z }
  const touched = tap.touches(at('scores')) || tap.touches(at('pattern'))
  const inside = touched
    ? { scores: (s: Sym) => tap(at('scores'), s), pattern: (p: Sym) => tap(at('pattern'), p) }
    : undefined
  const z = tap(
    at('z'),
    all.back(softmaxAttention(all.q, all.k, all.v, input.tiling, tap.tile?.(at('pattern')) ?? inside)),
  )
  return { sum: tap(at('attn_sum'), output(c, `${name}.o_proj`, z, at('head_out'), tap)), kv: { k, v } }
}

/** z · W_O summed over heads; the parts of single heads exist only where someone asks for them. */
function output(c: DecoderConfig, name: string, z: Sym, headOut: Point, tap: Tap): Sym {
  const [batch, time] = z.shape as readonly [Dim, Dim]
  if (!tap.touches(headOut)) return map(reshape(z, [batch, time, c.heads * c.headDim]), name, c.dim, c.attentionBias)
  const perHead = permute(
    reshape(weight(`${name}.weight`, [c.dim, c.heads * c.headDim]), [c.dim, c.heads, c.headDim]),
    [1, 2, 0],
  )
  const parts = tap(headOut, permute(matmul(permute(z, [0, 2, 1, 3]), perHead), [0, 2, 1, 3]))
  const total = reshape(sum(parts, 2), [batch, time, c.dim])
  return c.attentionBias ? add(total, weight(`${name}.bias`, [c.dim])) : total
}

/** The gated feed-forward part (Shazeer 2020): act(x·gate) · (x·up), then down. */
function mlp(c: DecoderConfig, layer: number, x: Sym, tap: Tap): Sym {
  const name = weightNames.mlp(layer)
  const gate = ACTIVATIONS[c.activation](map(x, `${name}.gate_proj`, c.mlpDim, c.mlpBias))
  const act = tap(point('mlp_act', layer), mul(gate, map(x, `${name}.up_proj`, c.mlpDim, c.mlpBias)))
  return tap(point('mlp_sum', layer), map(act, `${name}.down_proj`, c.dim, c.mlpBias))
}

/** A pre-norm decoder with rotary positions: embed, for each layer attention then feed-forward, norm, unembed. */
export function decoder(c: DecoderConfig): Model {
  const tables = new Map<number, RotaryTables>()
  const tablesOf = (positions: number): RotaryTables => {
    const known = tables.get(positions) ?? rotaryTables(c.rope, c.headDim, positions)
    tables.set(positions, known)
    return known
  }
  return (input, tap) => {
    const norm = (y: Sym, name: string) => rmsNorm(y, weight(name, [c.dim]), c.normEps)
    const embedding = weight(weightNames.embedding, [c.vocab, c.dim])
    const { cos, sin } = tablesOf(input.positions)
    const rows: Positions = { at: input.at, cos: constant(cos), sin: constant(sin) }
    const { from, to, enters } = input.segment ?? { from: 0, to: c.layers }
    const kv: LayerKV[] = []

    let x = enters && from > 0 ? enters : scoped('embed', () => tap(point('embed'), gather(embedding, input.input)))
    for (let layer = from; layer < to; layer++)
      x = scoped(`decoder.${layer}`, () => {
        const name = weightNames.layer(layer)
        const pre = tap(point('resid_pre', layer), x)
        const attention = attend(c, layer, norm(pre, `${name}.input_layernorm.weight`), rows, input, tap)
        kv.push(attention.kv)
        const going = input.narrow?.(layer, pre) ?? pre
        const mid = tap(point('resid_mid', layer), add(going, tap(point('attn_out', layer), attention.sum)))
        const out = tap(
          point('mlp_out', layer),
          mlp(c, layer, norm(mid, `${name}.post_attention_layernorm.weight`), tap),
        )
        return tap(point('resid_post', layer), add(mid, out))
      })
    return scoped('unembed', () => {
      const [batch, time] = x.shape as readonly [Dim, Dim]
      const wanted = input.read ? gather(reshape(x, [mulDims(batch, time), c.dim]), input.read) : x
      const final = tap(point('final_norm'), norm(wanted, weightNames.finalNorm))
      const unembedding = c.tied ? embedding : weight(weightNames.unembedding(c), [c.vocab, c.dim])
      const columns = input.columns ? gather(unembedding, input.columns) : unembedding
      return { logits: tap(point('logits'), linear(final, columns)), kv }
    })
  }
}
