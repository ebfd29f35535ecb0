import type { Info } from '../../../src/service/verbs.ts'
import { count, signed } from './number.ts'
import { roundUp, type Scale } from './scale.ts'
import { tokenLabel } from './token-text.ts'

/** The effect of each token on the log-probability of one next token, nats, [key]. */
type Effects = readonly number[]

interface Named {
  readonly text: string
}

/** A scale with 0 in the middle and a round end; a first token that is left out does not stretch it. */
export const effectsScale = (values: Effects, leaveFirst: boolean): Scale => ({
  signed: true,
  most: roundUp(values.slice(leaveFirst ? 1 : 0).reduce((most, x) => Math.max(most, Math.abs(x)), 0)),
})

/** Tokens by falling size of their effect; equal ones in the order of the text. */
export const rankedEffects = (values: Effects): number[] =>
  [...values.keys()].sort((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!) || a - b)

/** What one token does, in words. */
export function effectWords(tokens: readonly Named[], key: number, values: Effects, next: Named): string {
  const name = `${tokenLabel(tokens[key]?.text ?? '')} at ${key}`
  if (key === values.length - 1) return `${name} is the last token: nothing attends to it later, and it has no effect.`
  const value = values[key]!
  const change = value === 0 ? 'does not change' : `changes by ${signed(value)} nats`
  const rest = key === 0 ? ' On the first token many heads rest: they have to attend elsewhere.' : ''
  return `without ${name} the log-probability of ${tokenLabel(next.text)} ${change}.${rest}`
}

/** How much work it is, in whole passes over the text: the run of each token computes what comes after it. */
export const passesWords = (tokens: number): string => {
  const passes = Math.max(1, Math.round((tokens - 1) / 2))
  return `about ${count(passes)} ${passes === 1 ? 'pass' : 'passes'} over this prompt`
}

/**
 * Billions of operations of a text of so many tokens: every token's run computes the rows after it. Linear layers as
 * wide as in most models (12 · width² weights a layer), and attention.
 */
export const gigaflops = ({ layers, dim }: Pick<Info, 'layers' | 'dim'>, tokens: number): number =>
  (tokens * (tokens - 1) * layers * (12 * dim ** 2 + 2 * tokens * dim)) / 1e9
