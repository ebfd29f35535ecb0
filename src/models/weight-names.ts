import type { DecoderConfig } from './config.ts'

/**
 * Names under which the decoder asks for its weights, whatever family it plays: a family's layout leads from each to
 * the place where its checkpoints keep that weight. Nothing else knows the name of a weight.
 */
export const weightNames = {
  embedding: 'model.embed_tokens.weight',
  finalNorm: 'model.norm.weight',
  /** [vocab, dim]; of tied models the embedding itself. */
  unembedding: ({ tied }: Pick<DecoderConfig, 'tied'>): string => (tied ? weightNames.embedding : 'lm_head.weight'),
  /** Begins the names of a layer’s weights. */
  layer: (layer: number): string => `model.layers.${layer}`,
  attention: (layer: number): string => `${weightNames.layer(layer)}.self_attn`,
  mlp: (layer: number): string => `${weightNames.layer(layer)}.mlp`,
  /** W_O of a layer, [dim, heads · headDim]. */
  output: (layer: number): string => `${weightNames.attention(layer)}.o_proj.weight`,
  /** The down-projection of a layer’s feed-forward block, [dim, mlpDim]: a column is what one neuron writes. */
  down: (layer: number): string => `${weightNames.mlp(layer)}.down_proj.weight`,
} as const
