import { HeadwiseError } from '../words/error.ts'
import { mismatch, type ParsedWord, placeWords, type Span } from './parse.ts'

/** What is wrong between a text, its parse and its tokens. */
const parted = (sentence: string, found: unknown): HeadwiseError =>
  new HeadwiseError(sentence, { code: 'parse-text', where: 'parse', found, allowed: 'a parse of the same text' })

/**
 * The positions of the tokens that hold a part of each word. A token that reaches over two words (`'t.`) is one of
 * both, a leading space is part of no word, and what the tokenizer adds belongs to none. Throws `parse-text`, which
 * names the first word that the text does not have, or that no token holds.
 * @param spans where each token stands in the text; undefined where the tokenizer does not keep the text as it was
 */
export function wordTokens(
  text: string,
  words: readonly Pick<ParsedWord, 'form'>[],
  spans: readonly Span[] | undefined,
): number[][] {
  const places = placeWords(text, words)
  if (!('spans' in places))
    throw parted(`The parse is not one of this text: ${mismatch(text, words)}.`, places.word + 1)
  if (!spans)
    throw parted(
      'The tokenizer does not keep this text as it was written, so that its words have no tokens.',
      'a text that changed',
    )
  let from = 0
  return places.spans.map(([start, end], i) => {
    // Words come in order, and so do tokens.
    while (from < spans.length && spans[from]![1] <= start) from++
    const tokens: number[] = []
    for (let t = from; t < spans.length && spans[t]![0] < end; t++)
      if (Math.max(start, spans[t]![0]) < Math.min(end, spans[t]![1])) tokens.push(t)
    if (tokens.length === 0) throw parted(`Word ${i + 1} of the parse, “${words[i]!.form}”, has no token.`, i + 1)
    return tokens
  })
}
