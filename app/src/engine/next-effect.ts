import type { Client } from '../../../src/service/client.ts'
import type { NextToken } from '../../../src/service/verbs.ts'
import type { EditInput } from '../../../src/words/edit.ts'
import type { Shape } from '../state/head.ts'

/** What removing each head does to the lead of the likeliest next token over the second. */
export interface NextEffect {
  readonly first: NextToken
  readonly second: NextToken
  /** Logit difference first − second without the head, minus the same as it is, [layer, head]. */
  readonly values: Float64Array
}

interface Asked {
  readonly model: string
  readonly signal: AbortSignal
  readonly onProgress: (p: { what: string; done: number; total: number }) => void
}

/** Removes every head alone by zeros, one layer at a time, so that it can be followed and stopped between layers. */
export async function nextEffect(
  client: Client,
  ids: readonly number[],
  [first, second]: readonly [NextToken, NextToken],
  { layers, heads }: Shape,
  { model, signal, onProgress }: Asked,
): Promise<NextEffect> {
  const read = { metric: 'logit_diff' as const, answers: [first.id] as [number], distractors: [second.id] }
  const values = new Float64Array(layers * heads)
  for (let layer = 0; layer < layers; layer++) {
    onProgress({ what: 'removing the heads of each layer', done: layer, total: layers })
    const runs = Array.from({ length: heads }, (_, head): EditInput[] => [
      { do: 'zero', at: { site: 'z', layer }, heads: [head] },
    ])
    const answer = await client.call(
      'metric',
      { ids: [...ids] as [number, ...number[]], runs, read },
      { model, signal },
    )
    for (const [head, value] of answer.values.entries()) values[layer * heads + head] = value - answer.clean
  }
  return { first, second, values }
}
