import type { Span } from './parse.ts'
import type { Tokenizer } from './tokenizer.ts'

/**
 * Where each token stands in the text that it came from. Tokens that only together make a character share its span;
 * those that the tokenizer adds have an empty one. Undefined where decoding does not give the text back.
 */
export function tokenSpans(tokenizer: Tokenizer, ids: readonly number[], text: string): readonly Span[] | undefined {
  const spans: Span[] = []
  const stream = tokenizer.decodeStream({ special: 'keep' })
  // What is added in front is no part of the text, unless somebody wrote it there.
  const added = tokenizer.firstToken !== undefined && ids[0] === tokenizer.firstToken ? 1 : 0
  let from = added
  if (added && text.startsWith(tokenizer.tokenText(ids[0]!)) && tokenizer.decode(ids) === text) from = 0
  for (let i = 0; i < from; i++) spans.push([0, 0])
  let [at, waiting] = [0, 0]
  for (let i = from; i < ids.length; i++) {
    const piece = stream.push(ids[i]!)
    waiting++
    if (piece === '' && i < ids.length - 1) continue
    const whole = i === ids.length - 1 ? piece + stream.flush() : piece
    if (!text.startsWith(whole, at)) return undefined
    for (; waiting > 0; waiting--) spans.push([at, at + whole.length])
    at += whole.length
  }
  return at === text.length ? spans : undefined
}
