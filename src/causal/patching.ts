import type { Sample } from '../runs/metric.ts'
import type { Edit } from '../words/edit.ts'
import { HeadwiseError } from '../words/error.ts'
import { SITES, type Site } from '../words/site.ts'
import { type Placed, type Places, positionsOf } from './places.ts'

/** What is patched at a time; all else stays as it is in the run. */
export type PatchBy = 'head' | 'group' | 'position' | 'layer'

/** The run that is patched, and the tokens of the run whose values it gets; both are equally long. */
export interface PatchPair {
  readonly sample: Sample
  readonly source: readonly number[]
  readonly name: string
}

export interface PatchSizes {
  readonly layers: number
  readonly heads: number
  readonly groups: number
}

export interface Patches {
  /** Second axis beside the layer; none for `by: 'layer'`. */
  readonly axis: Exclude<PatchBy, 'layer'> | undefined
  /** Sizes of the axes, the layers first. */
  readonly shape: readonly number[]
  /** One run a cell, row-major. */
  readonly cells: Edit[][]
  /** The run in which every embedding is patched: the source's own run, by the same road. */
  readonly whole: Edit[]
}

const refuse = (message: string, where: string, found: unknown, allowed: unknown) =>
  new HeadwiseError(message, { code: 'patch', fault: 'usage', where, found, allowed })

/** By what a site is patched when nobody says: heads where it has them, else positions, else (some positions) layers. */
export function usualBy(site: Site, places: Places): PatchBy {
  const { heads } = SITES[site]
  return heads ?? (places === 'all' ? 'position' : 'layer')
}

/** Refuses what a site cannot be patched by, and positions together where each is patched alone. */
function checkBy(site: Site, by: PatchBy, places: Places): void {
  if (by === 'position' && places !== 'all')
    throw refuse(
      'By position each position is patched alone, and some were named that are patched together; leave one of the two out.',
      'at',
      places,
      'all',
    )
  const { heads } = SITES[site]
  if ((by === 'head' || by === 'group') && by !== heads)
    throw refuse(
      `The site "${site}" cannot be patched by ${by}; it has ${heads ? `${heads}s` : 'neither heads nor groups'}.`,
      'by',
      by,
      [...(heads ? [heads] : []), 'position', 'layer'],
    )
}

/** Pairs whose texts have other numbers of tokens, by row. */
export function checkLengths(pairs: readonly PatchPair[]): void {
  const wrong = pairs.find(p => p.source.length !== p.sample.ids.length)
  if (wrong)
    throw refuse(
      `${wrong.name}: its two texts have ${wrong.sample.ids.length} and ${wrong.source.length} tokens; patching goes position by position and needs equally many.`,
      wrong.name,
      wrong.source.length,
      wrong.sample.ids.length,
    )
}

/** The one number of tokens of all pairs, which positions as an axis need. */
function commonLength(pairs: readonly PatchPair[]): number {
  const time = pairs[0]!.sample.ids.length
  const other = pairs.find(p => p.sample.ids.length !== time)
  if (!other) return time
  throw refuse(
    `${other.name} has ${other.sample.ids.length} tokens and ${pairs[0]!.name} has ${time}; a map by position needs prompts of one length, so patch by head or layer, or some positions together.`,
    'by',
    other.sample.ids.length,
    time,
  )
}

/**
 * Activation patching: a run gets, at one place, the values of another run (J. Vig et al. 2020, *Investigating Gender
 * Bias in Language Models Using Causal Mediation Analysis*; K. Meng et al. 2022, *Locating and Editing Factual
 * Associations in GPT*). Heads and groups are patched at every position, or together at the places given.
 *
 * cells: [layer, head], [layer, group], [layer, position] or [layer]; sites outside the layers have one layer.
 */
export function patches(
  site: Site,
  pairs: readonly PatchPair[],
  sizes: PatchSizes,
  { by, places = 'all' }: { readonly by: PatchBy; readonly places?: Places },
): Patches {
  checkBy(site, by, places)
  checkLengths(pairs)
  const layers = SITES[site].perLayer ? sizes.layers : 1
  const together = pairs.map(p => positionsOf(places, p satisfies Placed))
  const at = (layer: number) => ({ site, layer, stack: 'decoder' as const })
  const patch = (layer: number, more: (pair: number) => Partial<Edit>): Edit[] =>
    pairs.map(
      ({ source }, i): Edit => ({
        do: 'patch',
        at: at(layer),
        ids: source as [number, ...number[]],
        samples: [i],
        ...(more(i) as object),
      }),
    )
  const positions = (i: number) => (together[i] ? { positions: together[i] } : {})
  const size = by === 'layer' ? 1 : by === 'head' ? sizes.heads : by === 'group' ? sizes.groups : commonLength(pairs)
  const cells = Array.from({ length: layers * size }, (_, cell): Edit[] => {
    const [layer, n] = [Math.floor(cell / size), cell % size]
    if (by === 'position') return patch(layer, () => ({ positions: [n] }))
    return patch(layer, i => ({
      ...positions(i),
      ...(by === 'head' ? { heads: [n] } : by === 'group' ? { groups: [n] } : {}),
    }))
  })
  const whole = pairs.map(
    ({ source }, i): Edit => ({
      do: 'patch',
      at: { site: 'embed', layer: 0, stack: 'decoder' },
      ids: source as [number, ...number[]],
      samples: [i],
    }),
  )
  return {
    axis: by === 'layer' ? undefined : by,
    shape: by === 'layer' ? [layers] : [layers, size],
    cells,
    whole,
  }
}
