import { addDims } from '../graph/dim.ts'
import { slice } from '../graph/primitives/shape.ts'
import type { DecoderConfig } from '../models/config.ts'
import type { Probe } from '../runs/probe.ts'
import type { SequenceRun } from '../runs/run.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import type { Pass } from '../words/run.ts'
import { point, pointKey } from '../words/site.ts'

const ID = 'last'
/** Heads that are told of, and the least share of attention that is worth telling. */
const HEADS = 12
export const LEAST_ATTENTION = 0.2

/** Probes that keep the last query row of every pattern, [head, 1, key]. */
export const lastRows = (layers: number): Probe[] =>
  Array.from({ length: layers }, (_, l) => ({
    at: point('pattern', l),
    do: 'capture' as const,
    reduce: { id: ID, rows: p => slice(p, 2, addDims(p.shape[2]!, -1), p.shape[2]!) },
  }))

/**
 * Which heads attend most from the last position to a token other than the first and the last itself: there, heads
 * rest when they have nothing to say. Most attention first.
 */
export function attendedFrom(
  pass: SequenceRun,
  tokenizer: Tokenizer,
  { layers, heads }: DecoderConfig,
): Pick<Pass, 'heads'> {
  const rows: NonNullable<Pass['heads']> = []
  for (let layer = 0; layer < layers; layer++) {
    const row = pass.captured.get(`${pointKey(point('pattern', layer))}/${ID}`)
    if (!row) return {}
    const time = pass.ids.length
    for (let head = 0; head < heads; head++)
      for (let key = 1; key < time - 1; key++) {
        const weight = row.data[head * time + key]!
        if (weight >= LEAST_ATTENTION)
          rows.push({ layer, head, key, token: tokenizer.tokenText(pass.ids[key]!), weight })
      }
  }
  return { heads: rows.sort((a, b) => b.weight - a.weight).slice(0, HEADS) }
}
