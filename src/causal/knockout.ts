import type { Sample } from '../runs/metric.ts'
import type { Edit } from '../words/edit.ts'
import { HeadwiseError } from '../words/error.ts'
import { type Placed, type Places, positionsOf, readPositions } from './places.ts'

/**
 * The layers of a window of `size` layers around each layer, cut off at the model's ends:
 * [l − ⌊size/2⌋, l + ⌈size/2⌉).
 */
export const windows = (layers: number, size: number): number[][] =>
  Array.from({ length: layers }, (_, centre) => {
    const from = Math.max(0, centre - Math.floor(size / 2))
    const to = Math.min(layers, centre + Math.ceil(size / 2))
    return Array.from({ length: to - from }, (_, i) => from + i)
  })

export interface Edges {
  readonly queries: Places
  readonly keys: Places
}

/** Positions of each sample, or undefined for all of them in every one. */
const perSample = (places: Places, placed: readonly Placed[]) => placed.map(p => positionsOf(places, p))

/** Samples that are cut at the same positions, so that one edit serves them all. */
function alike(placed: readonly Placed[], { queries, keys }: Edges): { samples: number[]; edit: Partial<Edit> }[] {
  const [q, k] = [perSample(queries, placed), perSample(keys, placed)]
  const groups = new Map<string, { samples: number[]; edit: Partial<Edit> }>()
  for (const i of placed.keys()) {
    const key = JSON.stringify([q[i], k[i]])
    const group = groups.get(key)
    if (group) group.samples.push(i)
    else groups.set(key, { samples: [i], edit: { ...(q[i] && { queries: q[i] }), ...(k[i] && { keys: k[i] }) } })
  }
  return [...groups.values()]
}

/**
 * Attention knockout: the queries can no longer attend to the keys in a window of layers (M. Geva et al. 2023,
 * *Dissecting Recall of Factual Associations in Auto-Regressive Language Models*): their scores are −∞ before the
 * softmax, so that the attention goes to the other keys. One run for each layer (the window's centre), every head; or
 * with `heads` one run for each single head, without a window.
 */
export function knockouts(
  placed: readonly (Placed & { readonly sample: Sample })[],
  edges: Edges,
  { layers, heads, window }: { readonly layers: number; readonly heads?: number; readonly window: number },
): Edit[][] {
  const groups = alike(placed, edges)
  const cut = (layer: number, head?: number): Edit[] =>
    groups.map(
      ({ samples, edit }): Edit => ({
        do: 'knockout',
        at: { site: 'scores', layer, stack: 'decoder' },
        queries: 'all',
        keys: 'all',
        ...(edit as object),
        ...(head === undefined ? {} : { heads: [head] }),
        ...(groups.length > 1 ? { samples: samples as [number, ...number[]] } : {}),
      }),
    )
  if (heads === undefined) return windows(layers, window).map(range => range.flatMap(layer => cut(layer)))
  return Array.from({ length: layers * heads }, (_, i) => cut(Math.floor(i / heads), i % heads))
}

/** How many positions the metric can depend on: up to the last row that is read, the same number for every sample. */
function commonReach(placed: readonly Placed[]): number {
  const reach = ({ sample }: Placed): number => readPositions(sample).at(-1)! + 1
  const [first] = placed as readonly [Placed, ...Placed[]]
  const other = placed.find(p => reach(p) !== reach(first))
  if (!other) return reach(first)
  throw new HeadwiseError(
    `${other.name} is read after ${reach(other)} tokens and ${first.name} after ${reach(first)}; the effect of each token needs prompts (and answers) of one length.`,
    { code: 'knockout-lengths', fault: 'usage', where: other.name, found: reach(other), allowed: reach(first) },
  )
}

/**
 * The same for each token of a text by itself: no later query can attend to it, in any head of any layer, so that it is
 * read by nothing but its own position. One run for each key, [keys]; the last one has no later query that is read, and
 * its run no edit.
 */
export function tokenKnockouts(placed: readonly Placed[], layers: number): Edit[][] {
  const lengths = new Map<number, number[]>()
  for (const [i, { sample }] of placed.entries())
    lengths.set(sample.ids.length, [...(lengths.get(sample.ids.length) ?? []), i])
  const keys = commonReach(placed)
  return Array.from({ length: keys }, (_, key) =>
    key === keys - 1
      ? []
      : [...lengths].flatMap(([time, samples]) => {
          const queries = Array.from({ length: time - key - 1 }, (_, i) => key + 1 + i) as [number, ...number[]]
          return Array.from(
            { length: layers },
            (_, layer): Edit => ({
              do: 'knockout',
              at: { site: 'scores', layer, stack: 'decoder' },
              queries,
              keys: [key],
              ...(lengths.size > 1 ? { samples: samples as [number, ...number[]] } : {}),
            }),
          )
        }),
  )
}
