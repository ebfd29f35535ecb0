import { expect, test } from 'vitest'
import { randomRepeats } from '../../src/library/random-repeats.ts'
import type { Tokenizer } from '../../src/text/tokenizer.ts'

const tokenizer = (facts: Partial<Tokenizer>) =>
  ({ vocabSize: 200, specialIds: new Set([0, 7]), bosLike: 0, ...facts }) as Tokenizer

test('four sequences: the first token, 50 distinct ordinary ones, the same 50 again', () => {
  const sequences = randomRepeats(tokenizer({}), 120, 1)
  expect(sequences).toHaveLength(4)
  for (const ids of sequences) {
    expect([ids.length, ids[0]]).toEqual([101, 0])
    expect(ids.slice(1, 51)).toEqual(ids.slice(51))
    expect(new Set(ids.slice(1)).size).toBe(50)
    expect(ids.slice(1).every(id => id < 120 && id !== 0 && id !== 7)).toBe(true)
  }
  expect(new Set(sequences.map(s => s.join())).size).toBe(4)
})
test('the seed decides', () => {
  const draw = (seed: number) => randomRepeats(tokenizer({}), 200, seed)
  expect(draw(3)).toEqual(draw(3))
  expect(draw(3)).not.toEqual(draw(4))
})
test('no token to begin with: 100 tokens', () => {
  const { bosLike: _, ...none } = tokenizer({})
  expect(randomRepeats(none as Tokenizer, 200, 0).map(s => s.length)).toEqual([100, 100, 100, 100])
})
test('a small vocabulary is said twice whole', () => {
  const [ids] = randomRepeats(tokenizer({ vocabSize: 10 }), 10, 0)
  expect([...ids!.slice(1, 9)].sort()).toEqual([1, 2, 3, 4, 5, 6, 8, 9])
  expect(ids).toHaveLength(17)
})
