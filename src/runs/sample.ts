import type { Random } from '../statistics/random.ts'
import { HeadwiseError } from '../words/error.ts'

export interface Sampling {
  /** 0 takes the most likely token; otherwise logits are divided by it. */
  readonly temperature: number
  /** Only the k most likely tokens, when given. */
  readonly topK?: number
  /** Only the smallest set of most likely tokens that holds this much probability (Holtzman et al. 2020), when given. */
  readonly topP?: number
}

/** Refuses settings that no token could be drawn with. */
export function checkSampling({ temperature, topK, topP }: Sampling): void {
  const refuse = (where: string, found: number | undefined, allowed: string) =>
    new HeadwiseError(`${where} is ${found}; it must be ${allowed}.`, {
      code: 'sampling',
      fault: 'usage',
      where,
      found,
      allowed,
    })
  if (!(temperature >= 0 && temperature < Number.POSITIVE_INFINITY))
    throw refuse('temperature', temperature, '0 or more')
  if (topK !== undefined && !(Number.isInteger(topK) && topK >= 1))
    throw refuse('topK', topK, 'a whole number from 1 on')
  if (topP !== undefined && !(topP > 0 && topP <= 1)) throw refuse('topP', topP, 'above 0 and at most 1')
}

function greedy(logits: Float32Array): number {
  let best = 0
  for (let id = 1; id < logits.length; id++) if (logits[id]! > logits[best]!) best = id
  return best
}

/** Draws the next token from logits [vocabulary]. */
export function sampleToken(logits: Float32Array, { temperature, topK, topP }: Sampling, random: Random): number {
  if (temperature === 0) return greedy(logits)
  const largest = logits[greedy(logits)]!
  let ids = Array.from(logits.keys())
  if (topK !== undefined || topP !== undefined) ids.sort((a, b) => logits[b]! - logits[a]!)
  if (topK !== undefined) ids = ids.slice(0, topK)
  const weights = ids.map(id => Math.exp((logits[id]! - largest) / temperature))
  let total = weights.reduce((s, w) => s + w, 0)
  if (topP !== undefined) {
    let kept = 0
    let mass = 0
    while (kept < weights.length && mass < topP * total) mass += weights[kept++]!
    weights.length = kept
    total = mass
  }
  let left = random.uniform() * total
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i]!
    if (left < 0) return ids[i]!
  }
  return ids[weights.length - 1]!
}
