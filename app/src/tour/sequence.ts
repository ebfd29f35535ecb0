import type { Info } from '../../../src/service/verbs.ts'
import { createRandom } from '../../../src/statistics/random.ts'

/** Tokens that are drawn, and said twice. */
export const LENGTH = 50

/** The token that the model puts in front, 50 distinct ordinary ones in random order, and the same 50 again. */
export function saidTwice({ firstToken, vocab, specialTokens }: SequenceFacts, seed: number): number[] {
  const special = new Set(specialTokens.map(t => t.id))
  const ordinary = Array.from({ length: vocab }, (_, id) => id).filter(id => !special.has(id))
  // The library's own random repeats are drawn in the same way: seed 0 is the first sequence that the map is scored on.
  const drawn = createRandom(seed)
    .fork('sequence 0')
    .sample(ordinary.length, LENGTH)
    .map(i => ordinary[i]!)
  return [...(firstToken === null ? [] : [firstToken]), ...drawn, ...drawn]
}
export type SequenceFacts = Pick<Info, 'firstToken' | 'vocab' | 'specialTokens'>

/** Where the second saying begins; undefined where the tokens are not some said twice, after at most one in front. */
export function secondStart(ids: readonly number[]): number | undefined {
  const front = ids.length % 2
  const length = (ids.length - front) / 2
  const same = ids.slice(front, front + length).every((id, i) => id === ids[front + length + i])
  return same && length > 1 ? front + length : undefined
}
