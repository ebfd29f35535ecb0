import type { Random } from '../statistics/random.ts'
import { HeadwiseError } from '../words/error.ts'
import type { Detector, PromptFacts } from './detectors/detector.ts'

/** Keys first … first + count − 1 of a row, of which any `take` might have been attended to as well. */
interface DistanceClass {
  readonly first: number
  readonly count: number
  readonly take: number
}

/** A query row that counts, with its keys and the classes in which random keys stand for them. */
export interface NullRow {
  readonly query: number
  readonly keys: readonly number[]
  readonly classes: readonly DistanceClass[]
}

/** Distances 0, 1, 2–3, 4–7, 8–15, …: what attention to nearby tokens alone would give differs little inside one. */
const classOf = (distance: number): number => (distance === 0 ? 0 : 1 + Math.floor(Math.log2(distance)))

/**
 * The null of a detector on a prompt: each key of each row is replaced by a random key of its distance class; for a
 * positional detector, whose keys are alone in their class, by a key at any distance. Several keys of one class become
 * as many different ones. The first token, on which heads rest, is drawn only where the detector names it.
 * Throws `null-keys` for a detector that names no keys.
 */
export function nullRows(d: Detector, prompt: PromptFacts): NullRow[] {
  const { keys: keysOf } = d
  if (!keysOf)
    throw new HeadwiseError(
      `${d.id} names no keys, so there is no random key to compare it with; leave out the null, or the detector.`,
      {
        code: 'null-keys',
        fault: 'usage',
        where: 'detector',
        found: d.id,
        allowed: 'a detector that sums attention over keys',
      },
    )
  return d.queries(prompt).map(query => {
    const keys = keysOf(prompt, query)
    const least = keys.includes(0) ? 0 : 1
    const taken = new Map<number, number>()
    for (const k of keys) {
      const c = d.positional ? -1 : classOf(query - k)
      taken.set(c, (taken.get(c) ?? 0) + 1)
    }
    const classes = [...taken].map(([c, take]): DistanceClass => {
      const [near, far] = c < 0 ? [0, query] : c === 0 ? [0, 0] : [2 ** (c - 1), 2 ** c - 1]
      const first = Math.max(least, query - far)
      return { first, count: query - near - first + 1, take }
    })
    return { query, keys, classes }
  })
}

/** Sums over prompts, for all heads [layer, head] at once, in float64. */
export interface NullSums {
  readonly cells: number
  readonly draws: number
  /** Scores with the detector's own keys, [cells]. */
  readonly observed: Float64Array
  /** Scores with random keys, [draws, cells]. */
  readonly drawn: Float64Array
}

export const nullSums = (cells: number, draws: number): NullSums => ({
  cells,
  draws,
  observed: new Float64Array(cells),
  drawn: new Float64Array(draws * cells),
})

/**
 * Adds one prompt's scores of one layer: the mean over rows of the attention to the keys, for the detector's own keys
 * and for every draw. A layer that is given the same stream as another draws the same keys.
 * @param pattern [head, query, key], `time` keys
 * @param offset the first of the layer's cells
 */
export function addNullScores(
  { cells, draws, observed, drawn }: NullSums,
  { data, heads, time, offset }: { data: Float32Array; heads: number; time: number; offset: number },
  rows: readonly NullRow[],
  random: Random,
): void {
  const byKey = headsLast(data, heads, time)
  const share = 1 / rows.length
  const add = (to: Float64Array, at: number, place: number): void => {
    for (let h = 0; h < heads; h++) to[at + h]! += share * byKey[place * heads + h]!
  }
  for (const { query, keys } of rows) for (const k of keys) add(observed, offset, query * time + k)
  const orders = rows.map(r => r.classes.map(({ count }) => Uint32Array.from({ length: count }, (_, i) => i)))
  for (let draw = 0; draw < draws; draw++)
    for (const [r, { query, classes }] of rows.entries())
      for (const [c, { first, count, take }] of classes.entries()) {
        // The first steps of a Fisher–Yates shuffle; it may start from the order of the draw before.
        const order = orders[r]![c]!
        for (let i = 0; i < take; i++) {
          const other = i + random.integer(count - i)
          const key = order[other]!
          order[other] = order[i]!
          order[i] = key
          add(drawn, draw * cells + offset, query * time + first + key)
        }
      }
}

/** [head, query, key] as [query, key, head]: all heads are read at one place. */
function headsLast(data: Float32Array, heads: number, time: number): Float32Array {
  const turned = new Float32Array(data.length)
  const places = time * time
  for (let h = 0; h < heads; h++) for (let p = 0; p < places; p++) turned[p * heads + h] = data[h * places + p]!
  return turned
}
