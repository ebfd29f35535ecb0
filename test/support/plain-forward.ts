import type { RopeScaling } from '../../src/attention/positions/rotary.ts'
import type { DecoderConfig } from '../../src/models/config.ts'
import type { Weights } from '../../src/runtime/weights.ts'
import type { Site } from '../../src/words/site.ts'

/** A Llama forward pass in plain float64 loops, written apart from the library: the oracle of edits. */
export type Cell = { site: Site; layer: number; row: number; head: number; column: number }
/** Sees and may change every cell; `column` is the key in scores and pattern, the dimension elsewhere. */
export type Hook = (value: number, at: Cell) => number

const identity: Hook = value => value
const ACT: Record<DecoderConfig['activation'], (x: number) => number> = {
  silu: x => x / (1 + Math.exp(-x)),
  relu: x => Math.max(0, x),
  gelu: () => Number.NaN,
  gelu_tanh: x => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
}

export function plainForward(c: DecoderConfig, weights: Weights, ids: readonly number[], hook: Hook = identity) {
  const scaling: RopeScaling | undefined = c.rope.scaling
  if (scaling) throw new RangeError('the oracle knows plain rotary positions only')
  const cache = new Map<string, Float32Array>()
  const read = (name: string): Float32Array => {
    const known = cache.get(name) ?? weights.read(name)
    cache.set(name, known)
    return known
  }
  const linear = (x: number[], name: string, out: number, bias: boolean): number[] => {
    const w = read(`${name}.weight`)
    const b = bias ? read(`${name}.bias`) : undefined
    return Array.from({ length: out }, (_, o) => x.reduce((s, v, i) => s + v * w[o * x.length + i]!, b?.[o] ?? 0))
  }
  const norm = (x: number[], name: string): number[] => {
    const scale = 1 / Math.sqrt(x.reduce((s, v) => s + v * v, 0) / x.length + c.normEps)
    return x.map((v, i) => v * scale * read(`${name}.weight`)[i]!)
  }
  const split = (x: number[], count: number) =>
    Array.from({ length: count }, (_, h) => x.slice(h * c.headDim, (h + 1) * c.headDim))
  const turn = (x: number[], position: number): number[] => {
    const half = c.headDim / 2
    return x.map((v, i) => {
      const angle = position * c.rope.theta ** ((-2 * (i % half)) / c.headDim)
      return i < half
        ? v * Math.cos(angle) - x[i + half]! * Math.sin(angle)
        : v * Math.cos(angle) + x[i - half]! * Math.sin(angle)
    })
  }
  const through = (site: Site, layer: number, row: number, x: number[], head = 0) =>
    x.map((v, column) => hook(v, { site, layer, row, head, column }))
  const plus = (x: number[], y: number[]) => x.map((v, i) => v + y[i]!)

  let rows = ids.map((id, t) =>
    through('embed', 0, t, [...read('model.embed_tokens.weight').subarray(id * c.dim, (id + 1) * c.dim)]),
  )
  for (let l = 0; l < c.layers; l++) {
    const name = `model.layers.${l}`
    rows = rows.map((x, t) => through('resid_pre', l, t, x))
    const perHead = (site: Site, map: string, count: number) =>
      rows.map((x, t) => {
        const y = linear(
          norm(x, `${name}.input_layernorm`),
          `${name}.self_attn.${map}`,
          count * c.headDim,
          c.attentionBias,
        )
        return split(y, count).map((part, h) => through(site, l, t, part, h))
      })
    const turned = (site: Site, raw: number[][][]) =>
      raw.map((x, t) => x.map((part, h) => through(site, l, t, turn(part, t), h)))
    const q = turned('q', perHead('q_raw', 'q_proj', c.heads))
    const k = turned('k', perHead('k_raw', 'k_proj', c.groups))
    const v = perHead('v_raw', 'v_proj', c.groups).map((x, t) => x.map((part, h) => through('v', l, t, part, h)))
    const share = c.heads / c.groups
    rows = rows.map((pre, t) => {
      const z = Array.from({ length: c.heads }, (_, h) => {
        const g = Math.floor(h / share)
        const raw = k
          .slice(0, t + 1)
          .map(key => key[g]!.reduce((s, x, i) => s + x * q[t]![h]![i]!, 0) / Math.sqrt(c.headDim))
        const scores = through('scores', l, t, raw, h)
        const top = Math.max(...scores)
        const e = scores.map(s => (top === Number.NEGATIVE_INFINITY ? 0 : Math.exp(s - top)))
        const total = e.reduce((s, x) => s + x, 0)
        const pattern = through(
          'pattern',
          l,
          t,
          e.map(x => (total === 0 ? 0 : x / total)),
          h,
        )
        const out = Array.from({ length: c.headDim }, (_, i) =>
          pattern.reduce((s, p, key) => s + p * v[key]![g]![i]!, 0),
        )
        return through('z', l, t, out, h)
      })
      const w = read(`${name}.self_attn.o_proj.weight`)
      const parts = z.map((zh, h) =>
        through(
          'head_out',
          l,
          t,
          Array.from({ length: c.dim }, (_, o) =>
            zh.reduce((s, x, i) => s + x * w[(o * c.heads + h) * c.headDim + i]!, 0),
          ),
          h,
        ),
      )
      const bias = c.attentionBias ? [...read(`${name}.self_attn.o_proj.bias`)] : new Array<number>(c.dim).fill(0)
      const sum = through('attn_sum', l, t, parts.reduce(plus, bias))
      const mid = through('resid_mid', l, t, plus(pre, through('attn_out', l, t, sum)))
      const x = norm(mid, `${name}.post_attention_layernorm`)
      const up = linear(x, `${name}.mlp.up_proj`, c.mlpDim, c.mlpBias)
      const gated = linear(x, `${name}.mlp.gate_proj`, c.mlpDim, c.mlpBias).map((g, i) => ACT[c.activation](g) * up[i]!)
      const act = through('mlp_act', l, t, gated)
      const down = through('mlp_sum', l, t, linear(act, `${name}.mlp.down_proj`, c.dim, c.mlpBias))
      return through('resid_post', l, t, plus(mid, through('mlp_out', l, t, down)))
    })
  }
  const unembedding = c.tied ? 'model.embed_tokens' : 'lm_head'
  return rows.map((x, t) => {
    const final = through('final_norm', 0, t, norm(x, 'model.norm'))
    return through('logits', 0, t, linear(final, unembedding, c.vocab, false))
  })
}
