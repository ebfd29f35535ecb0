import type { Grid } from '../words/grid.ts'

/** What metrics are measured in, by how they begin. */
const UNITS: readonly (readonly [metric: RegExp, unit: string])[] = [
  [/^logit_diff/, 'logits'],
  [/^(loss|kl|sequence_logprob)/, 'nats'],
  [/^prob_diff/, 'probability'],
  [/^accuracy/, 'share of prompts'],
  [/^faithfulness/, "share of the model's effect"],
  [/recover/, 'share recovered: 0 corrupt, 1 clean'],
  [/^mean attention/, 'share of attention'],
]

export const NO_UNIT = 'no unit'

/** The unit at the end of a metric's words ("…, nats per token"), else what such metrics are measured in. */
export function unitOf({ metric }: Pick<Grid, 'metric'>): string {
  const stated = /,\s*((?:nats|bits|logits|percent|share)\b[^,]*)$/.exec(metric)?.[1]
  return stated ?? UNITS.find(([start]) => start.test(metric))?.[1] ?? NO_UNIT
}
