import { createRandom } from '../statistics/random.ts'
import type { Tokenizer } from '../text/tokenizer.ts'

const SEQUENCES = 4
const LENGTH = 50

/**
 * Sequences on which copying can only come from the context: the first token, 50 distinct random tokens, and the same
 * 50 again. The first token is the one that the tokenizer adds, else its `<|endoftext|>`, else none.
 */
export function randomRepeats(tokenizer: Tokenizer, vocab: number, seed: number): number[][] {
  const ordinary = Array.from({ length: Math.min(vocab, tokenizer.vocabSize) }, (_, id) => id).filter(
    id => !tokenizer.specialIds.has(id),
  )
  const first = tokenizer.bosLike === undefined ? [] : [tokenizer.bosLike]
  const random = createRandom(seed)
  return Array.from({ length: SEQUENCES }, (_, s) => {
    const drawn = random
      .fork(`sequence ${s}`)
      .sample(ordinary.length, Math.min(LENGTH, ordinary.length))
      .map(i => ordinary[i]!)
    return [...first, ...drawn, ...drawn]
  })
}
