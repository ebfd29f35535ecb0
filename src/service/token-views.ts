import { tokenSpans } from '../text/token-spans.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import type { TokensResult, TokenView } from './verbs.ts'

/** Tokens for display; `text` is what they were made from. */
export function tokenViews(tokenizer: Tokenizer, ids: readonly number[], text: string | undefined): TokensResult {
  const spans = text === undefined ? undefined : tokenSpans(tokenizer, ids, text)
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
