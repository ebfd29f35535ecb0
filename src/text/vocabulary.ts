import { show } from '../checkpoint/fault.ts'
import { HeadwiseError } from '../words/error.ts'

/** No published vocabulary or merge list comes near it; it bounds what a file can make us allocate. */
export const MAX_ENTRIES = 2 ** 22

/** Texts of tokens by id and ids by text. Gaps (ids without a token) are allowed. */
export class Vocabulary {
  readonly #ids: Map<string, number>
  readonly #texts: (string | undefined)[]
  readonly #file: string
  readonly #rows: number

  private constructor(file: string, rows: number | undefined, ids: Map<string, number>, texts: (string | undefined)[]) {
    this.#file = file
    this.#rows = rows ?? MAX_ENTRIES
    this.#ids = ids
    this.#texts = texts
  }

  /** `{text: id}` of a `tokenizer.json`; every id is checked, `rows` is the embedding's height. */
  static fromRecord(record: Readonly<Record<string, unknown>>, file: string, rows: number | undefined): Vocabulary {
    // `Object.keys` sees own keys only, `__proto__` and `constructor` included.
    const keys = Object.keys(record)
    const vocabulary = new Vocabulary(file, rows, new Map(), new Array<undefined>(keys.length).fill(undefined))
    const ids = vocabulary.#ids
    const texts = vocabulary.#texts
    for (const text of keys) {
      const id = record[text]
      // The usual case first: ids from 0 without gaps. `add` does the same with every check, and says what is wrong.
      if (
        typeof id === 'number' &&
        id < keys.length &&
        id < vocabulary.#rows &&
        id in texts &&
        texts[id] === undefined
      ) {
        texts[id] = text
        ids.set(text, id)
      } else vocabulary.add(text, id, 'model.vocab')
    }
    while (texts.length > 0 && texts[texts.length - 1] === undefined) texts.pop()
    return vocabulary
  }

  /** Token texts in id order, as GGUF has them. */
  static fromList(list: readonly string[], file: string, rows: number | undefined): Vocabulary {
    if (list.length > (rows ?? MAX_ENTRIES))
      throw tooManyIds(file, 'tokenizer.ggml.tokens', list.length - 1, rows ?? MAX_ENTRIES)
    const ids = new Map<string, number>()
    // A text that occurs twice is encoded as its last id, as in transformers; both ids decode.
    for (let id = 0; id < list.length; id++) ids.set(list[id] as string, id)
    return new Vocabulary(file, rows, ids, list.slice())
  }

  /** Whether every id has a text of its own. */
  get unique(): boolean {
    return this.#ids.size === this.#texts.length
  }

  get size(): number {
    return this.#texts.length
  }

  id(text: string): number | undefined {
    return this.#ids.get(text)
  }

  text(id: number): string | undefined {
    return this.#texts[id]
  }

  texts(): readonly (string | undefined)[] {
    return this.#texts
  }

  /** Adds one token; the same token again is no fault, another id or another text for it is. */
  add(text: string, id: unknown, where: string): number {
    if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0)
      throw new HeadwiseError(
        `${this.#file}: ${where} gives the token ${show(text)} the id ${show(id)}; ids are whole numbers from 0.`,
        {
          code: 'tokenizer-id',
          file: this.#file,
          where,
          found: typeof id === 'number' ? id : show(id),
          allowed: 'whole numbers from 0',
        },
      )
    if (id >= this.#rows) throw tooManyIds(this.#file, where, id, this.#rows)
    const other = this.#texts[id]
    const otherId = this.#ids.get(text)
    if ((other !== undefined && other !== text) || (otherId !== undefined && otherId !== id))
      throw new HeadwiseError(
        other === undefined || other === text
          ? `${this.#file}: ${where} gives the token ${show(text)} the id ${id}, but it already has ${otherId}.`
          : `${this.#file}: ${where} gives the id ${id} to ${show(text)}, but it belongs to ${show(other)}.`,
        { code: 'tokenizer-id-repeated', file: this.#file, where, found: id, allowed: 'one id a token' },
      )
    while (this.#texts.length < id) this.#texts.push(undefined)
    this.#texts[id] = text
    this.#ids.set(text, id)
    return id
  }
}

const tooManyIds = (file: string, where: string, id: number, rows: number): HeadwiseError =>
  new HeadwiseError(
    `${file}: ${where} uses the id ${id}, but ids end below ${rows} (the embedding's rows or our limit).`,
    {
      code: 'tokenizer-id-range',
      file,
      where,
      found: id,
      allowed: `0 to ${rows - 1}`,
    },
  )
