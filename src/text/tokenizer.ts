export interface EncodeOptions {
  /** `plain`: special tokens spelled in the text are ordinary text. Default `recognise`. */
  readonly special?: 'recognise' | 'plain'
  /** Whether the tokens that the tokenizer's files put around every text are added. Default true. */
  readonly first?: boolean
  readonly signal?: AbortSignal
}

export interface Message {
  readonly role: string
  readonly content: string
}

/** Turns what a stream of ids adds into text; text that may still change (an unfinished character) is held back. */
export interface DecodeStream {
  push(id: number): string
  /** What was held back, as it stands. */
  flush(): string
}

/** Text to token ids and back, identical to the model's own tokenizer. Ids are integers from 0. */
export interface Tokenizer {
  /** One more than the highest id. */
  readonly vocabSize: number
  /** SHA-256 (hex) of everything that decides ids; equal for equal tokenizers, whatever file holds them. */
  readonly hash: string
  /** Ids that end a text. */
  readonly endTokens: readonly number[]
  /** The id that `encode` puts in front, where the tokenizer's files say so. */
  readonly firstToken: number | undefined
  /** What to begin a random sequence with: `firstToken`, else `<|endoftext|>`. */
  readonly bosLike: number | undefined
  /** Ids of control tokens: those that no ordinary text may become. */
  readonly specialIds: ReadonlySet<number>
  readonly chatTemplate: string | undefined
  encode(text: string, options?: EncodeOptions): Promise<number[]>
  /** The chat template's rendering of the messages as ids; contents never become control ids. */
  encodeChat(
    messages: readonly Message[],
    options?: { readonly generationPrompt?: boolean; readonly signal?: AbortSignal },
  ): Promise<number[]>
  decode(ids: ArrayLike<number>, options?: { readonly special?: 'keep' | 'skip' }): string
  decodeStream(options?: { readonly special?: 'keep' | 'skip' }): DecodeStream
  /** One token for display: bytes that are no whole character are written `<0xE2>`. */
  tokenText(id: number): string
}
