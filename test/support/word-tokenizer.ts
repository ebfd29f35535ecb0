import type { Tokenizer } from '../../src/text/tokenizer.ts'

/**
 * A tokenizer for tests of what is made of ids: a token is a run of characters without spaces, with the space before
 * it. Ids from 1 in the order in which tokens are first met; `first` is put in front of every text, `end` is its
 * `<|endoftext|>`.
 */
export function wordTokenizer(o: { first?: number; end?: number } = {}): Tokenizer {
  const known = new Map<string, number>()
  const id = (token: string): number => {
    const found = known.get(token) ?? known.size + 1
    known.set(token, found)
    return found
  }
  const tokenizer: Pick<Tokenizer, 'encode' | 'vocabSize' | 'firstToken' | 'bosLike'> = {
    vocabSize: 1000,
    firstToken: o.first,
    bosLike: o.first ?? o.end,
    encode: async (text, { first = true } = {}) => [
      ...(first && o.first !== undefined ? [o.first] : []),
      ...(text.match(/ ?[^ ]+| /g) ?? []).map(id),
    ],
  }
  return tokenizer as Tokenizer
}
