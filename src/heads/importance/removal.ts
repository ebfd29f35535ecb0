import type { Edit } from '../../words/edit.ts'
import { byLayer, type HeadSet } from './head-set.ts'

export type Sequences = readonly (readonly number[])[]

/**
 * What stands in for the z of removed heads:
 * - `zero`: zeros;
 * - `mean`: their mean vector over the same text, over reference sequences, or over sequences of its own for each prompt;
 * - `resample`: their z on another prompt, `draws` times, each draw a run of its own with the seeds `seed`, `seed` + 1, …
 */
export type Baseline =
  | { readonly mode: 'zero' }
  | { readonly mode: 'mean'; readonly reference: 'self' | Sequences }
  | { readonly mode: 'mean'; readonly references: readonly Sequences[] }
  | { readonly mode: 'resample'; readonly seed: number; readonly draws: number }

/** A mean over this many prompts says where a head's output lies; more would cost a clean pass each for every prompt. */
const OTHERS = 16

/**
 * For each item others to take the mean over: the first sequence of the next items of the list, never one of its own. An
 * item is a prompt, or the sequences that a prompt makes with its continuations: they would say what it says itself.
 */
export const otherPrompts = (items: readonly Sequences[]): Sequences[] =>
  items.map((own, i) => {
    const mine = new Set(own.map(ids => ids.join()))
    return [...items.slice(i + 1), ...items.slice(0, i)]
      .flatMap(([first]) => (first && !mine.has(first.join()) ? [first] : []))
      .slice(0, OTHERS)
  })

/** How many runs measure the removal of one set; its effect is their mean. */
export const runsOfSet = (baseline: Baseline): number => (baseline.mode === 'resample' ? baseline.draws : 1)

type Mean = Extract<Edit, { do: 'mean' }>

/** z of the heads of one layer replaced at every position, in draw number `draw`. */
function replaced(layer: number, heads: [number, ...number[]], baseline: Baseline, draw: number): Edit[] {
  const where = { at: { site: 'z', layer, stack: 'decoder' }, heads } as const
  if (baseline.mode === 'zero') return [{ do: 'zero', ...where }]
  if (baseline.mode === 'resample') return [{ do: 'resample', seed: baseline.seed + draw, draws: 1, ...where }]
  const mean = (reference: 'self' | Sequences): Mean => ({
    do: 'mean',
    reference: reference as Mean['reference'],
    ...where,
  })
  if ('reference' in baseline) return [mean(baseline.reference)]
  return baseline.references.map((reference, sample) => ({ ...mean(reference), samples: [sample] }))
}

/**
 * The runs that remove each set, all its heads together: `runsOfSet` runs a set, one set after the other. The draws of
 * one run share their seed, so that all heads of a set take z of the same prompt.
 */
export const removals = (sets: readonly HeadSet[], baseline: Baseline): Edit[][] =>
  sets.flatMap(set =>
    Array.from({ length: runsOfSet(baseline) }, (_, draw) =>
      [...byLayer(set)].flatMap(([layer, heads]) => replaced(layer, heads, baseline, draw)),
    ),
  )
