import type { Random } from '../statistics/random.ts'
import { HeadwiseError } from '../words/error.ts'

export interface Sampling {
  /** 0 takes the most likely token; otherwise logits are divided by it. */
  readonly temperature: number
  /** Only the k most likely tokens, when given. */
  readonly topK?: number | undefined
  /** Only the fewest most likely tokens that hold this share of the probability (Holtzman et al. 2020), when given. */
  readonly topP?: number | undefined
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

/**
 * The tokens that may be drawn, ids ascending: the k most likely, and of these the fewest, most likely first, whose
 * share of their probability at this temperature is P or more. Of equally likely tokens the lower id comes first.
 *
 * The order and the meaning are those of Hugging Face transformers (temperature, then TopKLogitsWarper, then
 * TopPLogitsWarper on what that leaves, scaled to 1); there, every token that is as likely as the k-th stays.
 */
export function tokensWithin(logits: Float32Array, { temperature, topK, topP }: Sampling): Int32Array {
  const all = Int32Array.from(logits.keys())
  let count = Math.min(topK ?? all.length, all.length)
  const nucleus = topP !== undefined && topP < 1
  if (count === all.length && !nucleus) return all
  const falling = logits.slice().sort().reverse()
  if (nucleus) count = fewest(falling.subarray(0, count), temperature, topP)
  const least = falling[count - 1]!
  let equal = count - falling.indexOf(least)
  return all.filter(id => logits[id]! > least || (logits[id] === least && equal-- > 0))
}

/** How many of falling logits hold the share P of their probability. */
function fewest(falling: Float32Array, temperature: number, topP: number): number {
  const weights = Float64Array.from(falling, x => Math.exp((x - falling[0]!) / temperature))
  // A hair less, so that the rounding of sums asks for no token more.
  const wanted = topP * weights.reduce((s, w) => s + w, 0) * (1 - 1e-12)
  let count = 0
  for (let mass = 0; count < weights.length && mass < wanted; ) mass += weights[count++]!
  return count
}

/** Draws the next token from logits [vocabulary]: a limit that leaves every token draws what no limit draws. */
export function sampleToken(logits: Float32Array, o: Sampling, random: Random): number {
  const best = greedy(logits)
  if (o.temperature === 0) return best
  const ids = tokensWithin(logits, o)
  const weights = Float64Array.from(ids, id => Math.exp((logits[id]! - logits[best]!) / o.temperature))
  let left = random.uniform() * weights.reduce((s, w) => s + w, 0)
  for (let i = 0; i < ids.length; i++) {
    left -= weights[i]!
    if (left < 0) return ids[i]!
  }
  return ids.at(-1)!
}
