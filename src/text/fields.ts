import { show } from '../checkpoint/fault.ts'
import { HeadwiseError } from '../words/error.ts'

export type Fields = Readonly<Record<string, unknown>>

/** Reads fields of parsed JSON by own keys, and says in one sentence what is wrong with one. */
export class Reader {
  readonly #fields: Fields
  readonly file: string
  readonly #where: string

  constructor(value: unknown, file: string, where: string) {
    this.file = file
    this.#where = where
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.wrong('', value, 'an object')
    this.#fields = value as Fields
  }

  path(key: string): string {
    return key === '' ? this.#where : this.#where === '' ? key : `${this.#where}.${key}`
  }

  raw(key: string): unknown {
    return Object.hasOwn(this.#fields, key) ? (this.#fields[key] ?? undefined) : undefined
  }

  wrong(key: string, found: unknown, allowed: string, code = 'tokenizer-field'): HeadwiseError {
    const where = this.path(key)
    return new HeadwiseError(
      `${this.file}: ${where === '' ? 'the tokenizer' : where} is ${found === undefined ? 'missing' : show(found)}; allowed is ${allowed}.`,
      { code, file: this.file, where: where === '' ? 'tokenizer' : where, found: show(found), allowed },
    )
  }

  text(key: string): string
  text(key: string, fallback: string): string
  text(key: string, fallback?: string): string {
    const value = this.raw(key) ?? fallback
    if (typeof value !== 'string') throw this.wrong(key, value, 'a text')
    return value
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.raw(key) ?? fallback
    if (typeof value !== 'boolean') throw this.wrong(key, value, 'true or false')
    return value
  }

  count(key: string): number {
    const value = this.raw(key)
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
      throw this.wrong(key, value, 'a whole number from 0')
    return value
  }

  list(key: string): readonly unknown[] {
    const value = this.raw(key) ?? []
    if (!Array.isArray(value)) throw this.wrong(key, value, 'a list')
    return value
  }

  choice<const T extends string>(key: string, choices: readonly T[], fallback?: T): T {
    const value = this.raw(key) ?? fallback
    if (typeof value !== 'string' || !(choices as readonly string[]).includes(value))
      throw this.wrong(key, value, choices.join(', '))
    return value as T
  }

  object(key: string): Reader {
    return new Reader(this.raw(key), this.file, this.path(key))
  }
}

/** A token's text in tokenizer_config.json: itself, or the content of a written-out added token. */
export function tokenText(config: Fields, name: string): string | undefined {
  const value = Object.hasOwn(config, name) ? config[name] : undefined
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'content')) return undefined
  const content = (value as Fields).content
  return typeof content === 'string' ? content : undefined
}
