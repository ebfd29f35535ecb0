import type { Layout } from '../../checkpoint/layout.ts'
import type { TensorSource } from '../../checkpoint/source.ts'
import type { DecoderConfig } from '../config.ts'

/** What one family of checkpoints knows: how to read its configuration and where its weights are. */
export interface Family {
  /** `model_type` of config.json. */
  readonly modelType: string
  /** `architectures` of config.json that are this family's language model. */
  readonly architectures: readonly string[]
  /** `general.architecture` of GGUF. */
  readonly ggufArchitecture: string
  config(source: TensorSource): DecoderConfig
  layout(config: DecoderConfig, source: TensorSource): Layout
}
