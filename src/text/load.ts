import { HeadwiseError, throwIfAborted } from '../words/error.ts'
import { type Accept, type AddedToken, AddedTokens } from './added.ts'
import { Bpe } from './bpe.ts'
import { pushTokenBytes, showBytes } from './bytes.ts'
import { renderChat, touches } from './chat.ts'
import { byteOf, decodeTokens } from './decode.ts'
import type { Definition } from './definition.ts'
import { fromGguf } from './from-gguf.ts'
import { fromJson } from './from-json.ts'
import { startClock } from './guard.ts'
import { hashOf } from './hash.ts'
import { normalise } from './normalise.ts'
import { pretokenise } from './pretokenise.ts'
import type { Job } from './search.ts'
import type { TokenizerSource } from './source.ts'
import { streamOf } from './stream.ts'
import type { DecodeStream, EncodeOptions, Message, Tokenizer } from './tokenizer.ts'

/** Builds the tokenizer that a `tokenizer.json` or a GGUF file describes; everything in it is checked first. */
export async function loadTokenizer(source: TokenizerSource): Promise<Tokenizer> {
  const definition = source.kind === 'json' ? fromJson(source) : fromGguf(source)
  return new DefinedTokenizer(definition, await normalisedEntries(definition))
}

type Entries = readonly (readonly [string, AddedToken])[]

/** Added tokens that are looked for in normalised text are normalised themselves. */
async function normalisedEntries({ added, normalisers, file }: Definition): Promise<Entries> {
  const tokens = added.filter(t => t.normalised)
  const job = { file, clock: startClock() }
  return Promise.all(tokens.map(async t => [await normalise(t.content, normalisers, job), t] as const))
}

class DefinedTokenizer implements Tokenizer {
  readonly #definition: Definition
  readonly #bpe: Bpe
  readonly #given: AddedTokens
  readonly #normalised: AddedTokens
  #hash: string | undefined
  readonly specialIds: ReadonlySet<number>

  constructor(definition: Definition, normalised: Entries) {
    this.#definition = definition
    const special = new Set(definition.added.filter(t => t.special).map(t => t.id))
    this.specialIds = special
    this.#bpe = new Bpe(definition.vocabulary, definition.merges, { ...definition, ordinary: id => !special.has(id) })
    this.#given = new AddedTokens(definition.added.filter(t => !t.normalised).map(t => [t.content, t] as const))
    this.#normalised = new AddedTokens(normalised.filter(([text]) => text !== ''))
  }

  get vocabSize(): number {
    return this.#definition.vocabulary.size
  }

  get hash(): string {
    this.#hash ??= hashOf(this.#definition)
    return this.#hash
  }

  get endTokens(): readonly number[] {
    return this.#definition.endTokens
  }

  get firstToken(): number | undefined {
    return this.#definition.before[0]
  }

  get bosLike(): number | undefined {
    return this.firstToken ?? this.#definition.vocabulary.id('<|endoftext|>')
  }

  get chatTemplate(): string | undefined {
    return this.#definition.chatTemplate
  }

  async encode(text: string, options: EncodeOptions = {}): Promise<number[]> {
    const plain = options.special === 'plain'
    const ids = await this.#encode(text, token => !(plain && token.special), false, options.signal)
    if (options.first === false) return ids
    return [...this.#definition.before, ...ids, ...this.#definition.after]
  }

  async encodeChat(
    messages: readonly Message[],
    options: { readonly generationPrompt?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<number[]> {
    const definition = this.#definition
    const { text, contents } = await renderChat(messages, definition, options.generationPrompt ?? true, options.signal)
    const hidden = definition.added.find(t => t.special && t.normalised && definition.normalisers.length > 0)
    if (hidden !== undefined) throw notPlaced(definition.file, hidden)
    let control = 0
    const accept: Accept = (token, from, to) => {
      if (!token.special) return true
      if (touches(contents, from, to)) return false
      control++
      return true
    }
    const ids = await this.#encode(text, accept, true, options.signal)
    // The promise itself, whatever a file's merges produce: no control id but those that the template wrote.
    if (ids.filter(id => this.specialIds.has(id)).length !== control) throw spelled(definition.file)
    return ids
  }

  decode(ids: ArrayLike<number>, options: { readonly special?: 'keep' | 'skip' } = {}): string {
    const tokens: string[] = []
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] as number
      if (options.special === 'skip' && this.specialIds.has(id)) continue
      tokens.push(this.#text(id, `ids[${i}]`))
    }
    return decodeTokens(tokens, this.#definition.decoders)
  }

  decodeStream(options: { readonly special?: 'keep' | 'skip' } = {}): DecodeStream {
    return streamOf(ids => this.decode(ids, options))
  }

  tokenText(id: number): string {
    const token = this.#text(id, 'id')
    const steps = this.#definition.decoders ?? []
    if (steps.some(s => s.type === 'ByteLevel')) {
      const bytes: number[] = []
      pushTokenBytes(token, bytes)
      return showBytes(bytes)
    }
    const byte = steps.some(s => s.type === 'ByteFallback') ? byteOf(token) : undefined
    return byte === undefined ? token.replaceAll('\u2581', ' ') : showBytes([byte])
  }

  #text(id: number, where: string): string {
    const text = Number.isInteger(id) ? this.#definition.vocabulary.text(id) : undefined
    if (text !== undefined) return text
    const allowed = `0 to ${this.vocabSize - 1}`
    throw new HeadwiseError(`${where} is ${id}, which is no token of this model; its ids are ${allowed}.`, {
      code: 'token-id',
      file: this.#definition.file,
      where,
      found: id,
      allowed,
    })
  }

  async #encode(text: string, accept: Accept, resume: boolean, signal: AbortSignal | undefined): Promise<number[]> {
    checkText(text)
    const { normalisers, preTokenisers, file } = this.#definition
    const job: Job = { file, clock: startClock() }
    const out: number[] = []
    for (const segment of this.#given.split(text, accept, resume)) {
      throwIfAborted(signal)
      if ('id' in segment) {
        out.push(segment.id)
        continue
      }
      const normal = await normalise(segment.text, normalisers, job)
      // After normalising, a place in the segment is no longer known: it counts as the whole of it.
      const from = segment.start
      const moved: Accept = (token, start, end) =>
        normalisers.length === 0
          ? accept(token, from + start, from + end)
          : accept(token, from, from + segment.text.length)
      for (const inner of this.#normalised.split(normal, moved, resume)) {
        if ('id' in inner) out.push(inner.id)
        else {
          const pieces = await pretokenise(inner.text, from + inner.start === 0, preTokenisers, job)
          throwIfAborted(signal)
          for (const piece of pieces) this.#bpe.encode(piece, out)
        }
      }
    }
    return out
  }
}

const notPlaced = (file: string, token: AddedToken): HeadwiseError =>
  new HeadwiseError(
    `${file}: the special token ${JSON.stringify(token.content)} is looked for after normalising, where message contents can no longer be told from the template.`,
    { code: 'chat-normalised-token', file, where: 'added_tokens', found: token.content, allowed: 'normalized: false' },
  )

const spelled = (file: string): HeadwiseError =>
  new HeadwiseError(`${file}: the merges spell a control token out of ordinary text, so chat would not be safe.`, {
    code: 'chat-control-token',
    file,
    where: 'messages',
  })

/** JavaScript strings may hold half characters; UTF-8 and every tokenizer may not. */
function checkText(text: string): void {
  const at = text.search(/\p{Surrogate}/u)
  if (at === -1) return
  const found = `U+${text.charCodeAt(at).toString(16).toUpperCase()}`
  throw new HeadwiseError(`The text holds half a character (${found}) at character ${at}; UTF-8 cannot write it.`, {
    code: 'text-surrogate',
    where: `text[${at}]`,
    found,
    allowed: 'whole characters',
  })
}
