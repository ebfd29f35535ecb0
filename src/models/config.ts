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
  readonly rope: { readonly theta: number; readonly scaling: RopeScaling | undefined }
  /** Tokens that end a generation. */
  readonly endTokens: readonly number[]
}
