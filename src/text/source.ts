/** A tokenizer as a Hugging Face folder holds it: `tokenizer.json`, and what stands beside it. */
export interface JsonSource {
  readonly kind: 'json'
  readonly file: string
  readonly json: Uint8Array | string
  /** `tokenizer_config.json`, parsed. */
  readonly config?: Readonly<Record<string, unknown>>
  /** `chat_template.jinja`; goes before the template inside `config`. */
  readonly chatTemplate?: string
  /** Rows of the model's embedding: every id must be below. */
  readonly embeddingRows?: number
}

/** A tokenizer as GGUF metadata holds it (`tokenizer.ggml.*`). */
export interface GgufSource {
  readonly kind: 'gguf'
  readonly file: string
  readonly model: string
  readonly pre?: string
  readonly tokens: readonly string[]
  /** Two parts each, with one space between. */
  readonly merges?: readonly string[]
  readonly scores?: ArrayLike<number>
  readonly types?: ArrayLike<number>
  readonly bos?: number
  readonly eos?: number
  readonly eot?: number
  readonly unk?: number
  readonly addBos?: boolean
  readonly addSpacePrefix?: boolean
  readonly chatTemplate?: string
  readonly embeddingRows?: number
}

export type TokenizerSource = JsonSource | GgufSource
