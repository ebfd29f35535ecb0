import type { Client } from '../../../src/service/client.ts'
import type { Info, KnockoutResult, NextToken } from '../../../src/service/verbs.ts'
import type { EditInput } from '../../../src/words/edit.ts'
import { gigaflops } from '../marks/token-effects.ts'
import { Answer, type Question } from './answer.svelte.ts'

/** What each token does to one next token. */
export interface TokenEffect extends KnockoutResult {
  readonly next: Pick<NextToken, 'id' | 'text'>
  /** Log-probability of the next token with the token cut off minus as it is, nats, [key]. */
  readonly values: readonly number[]
}

/** So much is computed unasked: about two seconds of two cores. */
const UNASKED_GFLOP = 60
/** So much is not begun in a page at all: about twenty minutes. */
const MOST_GFLOP = 50_000

export interface EffectsQuestion extends Question<TokenEffect> {
  readonly gflop: number
}

/** What a pass was made of. */
export interface Passed {
  readonly model: string
  readonly ids: readonly number[]
  readonly edits: readonly EditInput[]
}

export function tokenEffectsQuestion(
  client: Client | undefined,
  info: Info,
  { model, ids, edits }: Passed,
  next: Pick<NextToken, 'id' | 'text'>,
): EffectsQuestion | undefined {
  if (!client || info.model !== model) return undefined
  const params = { ids: [...ids] as [number, ...number[]], edits: [...edits], next: next.id }
  return {
    key: JSON.stringify([model, ids, edits, next.id]),
    gflop: gigaflops(info, ids.length),
    ask: async o => {
      const { grid, clean } = await client.call('knockout', params, { model, ...o })
      return { grid, clean, next, values: (grid.values as (number | string)[]).map(Number) }
    },
  }
}

/** The effects of the tokens as far as the engine has come; of long texts only when somebody asks for them. */
export class TokenEffects {
  readonly answer = new Answer<TokenEffect>('abort')
  #question = $state.raw<EffectsQuestion>()
  /** The question that was asked for, or stopped, by hand. */
  #wanted = $state.raw<string>()
  #stopped = $state.raw<string>()

  /** Whether there is something to compute that waits to be asked for, or is too much. */
  get waits(): 'asked' | 'too long' | undefined {
    const question = this.#question
    if (!question || question.key === this.answer.key || this.#may(question)) return undefined
    return question.gflop > MOST_GFLOP ? 'too long' : 'asked'
  }

  follow(question: EffectsQuestion | undefined): void {
    this.#question = question
    this.answer.follow(question && this.#may(question) ? question : undefined)
  }

  ask(): void {
    this.#wanted = this.#question?.key
    this.#stopped = undefined
  }

  stop(): void {
    this.#stopped = this.#question?.key
  }

  #may({ key, gflop }: EffectsQuestion): boolean {
    return key !== this.#stopped && gflop <= (key === this.#wanted ? MOST_GFLOP : UNASKED_GFLOP)
  }

  get value(): TokenEffect | undefined {
    return this.answer.value
  }
  get error() {
    return this.answer.error
  }
  get stale(): boolean {
    return this.answer.stale
  }
  get since(): number {
    return this.answer.since
  }
  get progress() {
    return this.answer.progress
  }
}
