import type { Tokenizer } from '../text/tokenizer.ts'
import type { TokensResult, TokenView } from './verbs.ts'

/**
 * Where each token stands in the text that it came from. Tokens that only together make a character share its span;
 * those that the tokenizer adds have an empty one. Undefined where decoding does not give the text back.
 */
function spansOf(
  tokenizer: Tokenizer,
  ids: readonly number[],
  text: string,
): (readonly [number, number])[] | undefined {
  const spans: (readonly [number, number])[] = []
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

/** Tokens for display; `text` is what they were made from. */
export function tokenViews(tokenizer: Tokenizer, ids: readonly number[], text: string | undefined): TokensResult {
  const spans = text === undefined ? undefined : spansOf(tokenizer, ids, text)
  const tokens = ids.map(
    (id, i): TokenView => ({
      id,
      text: tokenizer.tokenText(id),
      special: tokenizer.specialIds.has(id),
      span: spans?.[i] ?? null,
    }),
  )
  return { ids, tokens }
}
