import type { Tokenizer } from '../../text/tokenizer.ts'
import { HeadwiseError } from '../../words/error.ts'

/** What stands before a word when one asks how many tokens it is: a word at the start of a text may be another token. */
const CARRIER = 'The'

/** The words of a task that a tokenizer has as single tokens, and how many it has not. */
export class Vocabulary {
  readonly notes: string[] = []
  readonly #tokenizer: Tokenizer
  readonly #task: string
  constructor(tokenizer: Tokenizer, task: string) {
    this.#tokenizer = tokenizer
    this.#task = task
  }

  async #isOne(word: string, before: string): Promise<boolean> {
    const start = CARRIER + before.trimEnd()
    const ids = await this.#tokenizer.encode(start)
    const whole = await this.#tokenizer.encode(CARRIER + before + word)
    return whole.length === ids.length + 1 && ids.every((id, i) => whole[i] === id)
  }

  /** Those entries of a list all of whose words are one token after `before`. */
  async #fit<T>(what: string, list: readonly T[], least: number, words: (entry: T) => readonly string[], before = ' ') {
    const fit: T[] = []
    for (const entry of list) {
      const one = await Promise.all(words(entry).map(w => this.#isOne(w, before)))
      if (one.every(Boolean)) fit.push(entry)
    }
    const split = list.length - fit.length
    if (fit.length < least)
      throw new HeadwiseError(
        `The task ${this.#task} needs ${least} ${what} of one token each, and this model's tokenizer has ${fit.length} of our ${list.length}.`,
        { code: 'task-words', fault: 'usage', where: this.#task, found: fit.length, allowed: `${least} or more` },
      )
    if (split > 0)
      this.notes.push(`${split} of ${list.length} ${what} left out: not one token of this model's tokenizer`)
    return fit
  }

  /** Refuses a tokenizer that does not write years digit by digit. */
  async digits(): Promise<void> {
    const one = await Promise.all([...'0123456789'].map(d => this.#isOne(d, ' 17')))
    const [century, year] = [await this.#tokenizer.encode('The 17'), await this.#tokenizer.encode('The 1732')]
    if (one.every(Boolean) && year.length === century.length + 2) return
    throw new HeadwiseError(
      `The task ${this.#task} needs a tokenizer that writes years digit by digit, and this model's does not.`,
      { code: 'task-words', fault: 'usage', where: this.#task, found: year.length, allowed: century.length + 2 },
    )
  }

  /** The words that are one token after a space; refuses when fewer than `least` are. */
  single(what: string, list: readonly string[], least: number): Promise<string[]> {
    return this.#fit(what, list, least, word => [word])
  }

  /** The pairs both of whose words are one token after a space. */
  pairs<T extends readonly [string, string]>(what: string, list: readonly T[], least: number): Promise<T[]> {
    return this.#fit(what, list, least, pair => pair)
  }

  /** The pairs whose second word, the answer, is one token after a space. */
  answered<T extends readonly [string, string]>(what: string, list: readonly T[], least: number): Promise<T[]> {
    return this.#fit(what, list, least, ([, answer]) => [answer])
  }
}
