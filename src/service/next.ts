import { logProbabilities } from '../runs/metric.ts'
import { type Sampling, tokensWithin } from '../runs/sample.ts'
import { topTokens } from '../runs/unembed.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import type { Predicted } from './pass.ts'
import type { Checked, Left, NextResult, NextToken } from './verbs.ts'

/** KL(p ‖ q) of natural-log probabilities, nats. */
function divergence(p: Float64Array, q: Float64Array): number {
  let sum = 0
  for (let i = 0; i < p.length; i++) {
    const weight = Math.exp(p[i]!)
    if (weight > 0) sum += weight * (p[i]! - q[i]!)
  }
  return Math.max(0, sum)
}

const cooled = (logits: Float32Array, temperature: number): Float32Array =>
  temperature === 1 ? logits : logits.map(x => x / temperature)

/** The tokens that may be drawn, and what they come to. */
function leftOf(logits: Float32Array, logprob: Float64Array, o: Sampling): { ids: ReadonlySet<number>; left: Left } {
  const ids = tokensWithin(logits, o)
  const probability = ids.reduce((s, id) => s + Math.exp(logprob[id]!), 0)
  return { ids: new Set(ids), left: { tokens: ids.length, probability } }
}

/** The next token before and after: the union of the most likely ones in the order of before, then the watched ones. */
export function compareNext(
  tokenizer: Tokenizer,
  before: Predicted,
  after: Predicted | undefined,
  { top, watch, temperature, topK, topP }: Omit<Checked<'next'>, 'ids' | 'edits'>,
): NextResult {
  const clean = logProbabilities(cooled(before.logits, temperature))
  const edited = after ? logProbabilities(cooled(after.logits, temperature)) : clean
  const limited = topK !== undefined || topP !== undefined
  const may = limited ? leftOf(before.logits, clean, { temperature, topK, topP }) : undefined
  const mayAfter = may && after ? leftOf(after.logits, edited, { temperature, topK, topP }) : may
  const first = new Set(topTokens(before.logits, top).map(t => t.id))
  const second = after ? new Set(topTokens(after.logits, top).map(t => t.id)) : first
  const union = [...new Set([...first, ...second])].sort((a, b) => clean[b]! - clean[a]!)
  const tokens = [...new Set([...union, ...watch])].map(
    (id): NextToken => ({
      id,
      text: tokenizer.tokenText(id),
      before: clean[id]!,
      after: edited[id]!,
      among: { before: first.has(id), after: second.has(id) },
      within: { before: may?.ids.has(id) ?? true, after: mayAfter?.ids.has(id) ?? true },
    }),
  )
  return {
    tokens,
    before: before.prediction,
    after: after?.prediction ?? null,
    divergence: after ? divergence(clean, edited) : 0,
    left: may && mayAfter ? { before: may.left, after: mayAfter.left } : null,
  }
}
