import { byLayer, checkHeads, type HeadCounts, type HeadSet, setName } from '../heads/importance/head-set.ts'
import { createRandom, type Random } from '../statistics/random.ts'
import { HeadwiseError } from '../words/error.ts'

/** Up to this many sets are all taken; of more, some are drawn. */
export const ALL_SETS = 500
/** How many are drawn when nobody says. */
export const DRAWN_SETS = 200

/** The heads of one layer that may stand in, and how many of them are taken. */
interface Stratum {
  readonly layer: number
  readonly free: readonly number[]
  readonly take: number
}

const binomial = (n: number, k: number): number => {
  let c = 1
  for (let i = 0; i < k; i++) c = (c * (n - i)) / (i + 1)
  return Math.round(c)
}

function strata(set: HeadSet, counts: HeadCounts): Stratum[] {
  checkHeads(set, counts)
  return [...byLayer(set)].map(([layer, tested]) => {
    const free = Array.from({ length: counts.heads }, (_, h) => h).filter(h => !tested.includes(h))
    if (free.length >= tested.length) return { layer, free, take: tested.length }
    throw new HeadwiseError(
      `Layer ${layer} has ${counts.heads} heads, and ${tested.length} of them are tested: too few are left for a control of equal size.`,
      {
        code: 'control-heads',
        fault: 'usage',
        where: 'heads',
        found: tested.length,
        allowed: Math.floor(counts.heads / 2),
      },
    )
  })
}

/** Every way to take k of the items, in order. */
function* combinations<T>(items: readonly T[], k: number): Generator<T[]> {
  if (k === 0) return yield []
  for (let i = 0; i + k <= items.length; i++)
    for (const rest of combinations(items.slice(i + 1), k - 1)) yield [items[i]!, ...rest]
}

function* allSets([first, ...rest]: readonly Stratum[]): Generator<HeadSet> {
  if (!first) return yield []
  for (const heads of combinations(first.free, first.take))
    for (const others of allSets(rest)) yield [...heads.map(head => ({ layer: first.layer, head })), ...others]
}

const drawSet = (layers: readonly Stratum[], random: Random): HeadSet =>
  layers.flatMap(({ layer, free, take }) =>
    random
      .sample(free.length, take)
      .sort((a, b) => a - b)
      .map(i => ({ layer, head: free[i]! })),
  )

/**
 * Head sets to compare a tested set with: as many heads in each layer, none of them tested. All such sets when there are
 * at most `count` (default: 500, of more 200 are drawn), else `count` different ones, drawn with the seed. Late layers
 * matter more than early ones whatever their heads do; sets of an equal profile leave that out of the comparison.
 */
export function layerMatched(
  set: HeadSet,
  counts: HeadCounts,
  { count, seed }: { readonly count?: number | undefined; readonly seed: number },
): HeadSet[] {
  const layers = strata(set, counts)
  const total = layers.reduce((n, { free, take }) => n * binomial(free.length, take), 1)
  if (total <= (count ?? ALL_SETS)) return [...allSets(layers)]
  const random = createRandom(seed).fork('controls')
  const drawn = new Map<string, HeadSet>()
  while (drawn.size < (count ?? DRAWN_SETS)) {
    const one = drawSet(layers, random)
    drawn.set(setName(one), one)
  }
  return [...drawn.values()]
}
