import type { NextResult } from '../../../src/service/verbs.ts'

/** One number of the bench at one moment. */
export interface Moment {
  readonly logprob: number
  readonly loss: number | null
  readonly divergence: number
}
export type Reading = keyof Moment

const MOST = 80

/** What is kept of an answer: the log-probability of the likeliest token before, the loss, the divergence. */
export function momentOf(next: NextResult): Moment {
  const side = next.after ?? next.before
  return { logprob: next.tokens[0]?.after ?? Number.NaN, loss: side.loss, divergence: next.divergence }
}

export const remember = (moments: readonly Moment[], now: Moment): readonly Moment[] => [...moments, now].slice(-MOST)

export interface Curve {
  readonly points: readonly (readonly [number, number])[]
  readonly low: number
  readonly high: number
  /** Height of the value without edits. */
  readonly base: number | undefined
}

/** The moments as a curve in a box: newest at the right, the value without edits always inside. */
export function curveOf(values: readonly number[], base: number | undefined, width: number, height: number): Curve {
  const all = base === undefined ? values : [...values, base]
  const finite = all.filter(Number.isFinite)
  let low = Math.min(...finite)
  let high = Math.max(...finite)
  if (finite.length === 0) [low, high] = [0, 1]
  if (high - low < 1e-6) [low, high] = [low - 0.5, high + 0.5]
  const y = (v: number): number => height - ((v - low) / (high - low)) * height
  const x = (i: number): number => (values.length < 2 ? width : (i / (values.length - 1)) * width)
  return {
    points: values.flatMap((v, i) => (Number.isFinite(v) ? [[x(i), y(v)] as const] : [])),
    low,
    high,
    base: base === undefined ? undefined : y(base),
  }
}
