import type { Prediction } from '../../../src/service/verbs.ts'
import type { EditInput } from '../../../src/words/edit.ts'

/** How well the second saying is predicted, over the tokens of it that the first can tell: all but its first one. */
export interface Copying {
  /** Tokens that are the model's first guess, and of how many. */
  readonly right: number
  readonly of: number
  /** Nats per token, mean over the same tokens. */
  readonly loss: number
}

type Predicted = Pick<Prediction, 'logprob' | 'best'>

/** `start` is where the second saying begins. */
export function copyingOf(ids: readonly number[], start: number, { logprob, best }: Predicted): Copying {
  const places = Array.from({ length: ids.length - start - 1 }, (_, i) => start + 1 + i)
  const right = places.filter(t => best.data[t - 1] === ids[t]).length
  const loss = places.reduce((sum, t) => sum - logprob.data[t - 1]!, 0) / places.length
  return { right, of: places.length, loss }
}

export const shareOf = ({ right, of }: Copying): number => right / of

/** What was done when something was measured: `nothing off`, `6.5 and 6.1 off`. */
export function doneWords(edits: readonly EditInput[]): string {
  if (edits.length === 0) return 'nothing off'
  const heads = offHeads(edits)
  if (!heads) return 'other edits'
  return `${heads.length < 3 ? heads.join(' and ') : `${heads.slice(0, -1).join(', ')} and ${heads.at(-1)}`} off`
}

/** The names of the heads that are off over the whole text, where nothing else is done. */
export function offHeads(edits: readonly EditInput[]): string[] | undefined {
  const names: string[] = []
  for (const e of edits) {
    if (e.do !== 'zero' || e.at.site !== 'z' || e.positions !== undefined) return undefined
    for (const head of e.heads ?? []) names.push(`${e.at.layer}.${head}`)
  }
  return names
}

/** Something measured under some edits. */
export interface Measured {
  readonly words: string
  readonly copying: Copying
}

/** With the newest measurement in the place of an older one of the same edits, else at the end. */
export function record(all: readonly Measured[], now: Measured): readonly Measured[] {
  const place = all.findIndex(m => m.words === now.words)
  return place < 0 ? [...all, now] : all.with(place, now)
}
