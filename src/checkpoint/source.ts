import type { GgufMetadata } from './gguf-metadata.ts'
import type { JsonObject } from './strict-json.ts'
import type { StoredTensor } from './tensors.ts'

/** Files that stand beside the weights, checked to be regular files of the same folder; absolute paths. */
export interface Companions {
  readonly tokenizerJson?: string
  readonly tokenizerConfig?: string
  readonly generationConfig?: string
  /** `chat_template.jinja`. */
  readonly chatTemplate?: string
}

/** A checkpoint as opened: judged headers and configuration; no weight has been read yet. */
export interface TensorSource {
  readonly format: 'safetensors' | 'gguf'
  /** The file or folder as it was named, for errors. */
  readonly file: string
  /** Absolute path of the folder that holds the weights and what stands beside them. */
  readonly folder: string
  readonly tensors: ReadonlyMap<string, StoredTensor>
  /** config.json of a Hugging Face folder. */
  readonly config?: JsonObject
  /** generation_config.json, where there is one. */
  readonly generation?: JsonObject
  /** Key/value pairs of a GGUF file. */
  readonly metadata?: GgufMetadata
  /** Every weight file, absolute. */
  readonly files: readonly string[]
  readonly companions: Companions
  /** What the user should know but need not act on, one sentence each. */
  readonly notes: readonly string[]
}
