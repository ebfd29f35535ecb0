import type { Rotary } from '../attention/positions/rotary.ts'

/** The facts of a decoder that its forward pass needs, in one vocabulary for every family. Sizes are in elements. */
export interface DecoderConfig {
  readonly family: 'llama'
  readonly layers: number
  /** Query heads. */
  readonly heads: number
  /** Key/value heads; `heads` is a multiple. */
  readonly groups: number
  readonly headDim: number
  /** Width of the residual stream. */
  readonly dim: number
  readonly mlpDim: number
  readonly vocab: number
  readonly context: number
  readonly normEps: number
  readonly activation: 'silu' | 'gelu' | 'gelu_tanh' | 'relu'
  readonly tied: boolean
  readonly attentionBias: boolean
  readonly mlpBias: boolean
  readonly rope: Rotary
  /** Tokens that end a generation. */
  readonly endTokens: readonly number[]
}
