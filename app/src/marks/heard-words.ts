import type { NextResult } from '../../../src/service/verbs.ts'
import { percent } from './number.ts'
import { tokenLabel } from './token-text.ts'

/** What the edits do to the next token, in a sentence for those who hear the page. */
export function heardWords({ tokens, after }: Pick<NextResult, 'tokens' | 'after'>, edits: number): string {
  const first = tokens[0]
  if (!first) return ''
  const before = `${tokenLabel(first.text)} ${percent(Math.exp(first.before))}`
  if (!after || edits === 0) return `Next token ${before}.`
  const now = tokens.reduce((best, t) => (t.after > best.after ? t : best), first)
  const stays = now === first ? '' : `, and ${tokenLabel(first.text)} is at ${percent(Math.exp(first.after))}`
  return `With ${edits} edit${edits === 1 ? '' : 's'}: next token ${tokenLabel(now.text)} ${percent(Math.exp(now.after))}${stays}; without ${before}.`
}
