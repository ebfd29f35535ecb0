import type { Family } from './family.ts'
import { llamaConfig } from './llama-config.ts'
import { llamaLayout } from './llama-layout.ts'

/**
 * Llama 1 to 3 and all that share its architecture under the same name, such as SmolLM2. Rotary positions on the whole
 * head, RMSNorm before each block, gated MLP, grouped queries. Touvron et al. 2023; Grattafiori et al. 2024.
 */
export const llama: Family = {
  modelType: 'llama',
  architectures: ['LlamaForCausalLM'],
  ggufArchitecture: 'llama',
  config: llamaConfig,
  layout: llamaLayout,
}
