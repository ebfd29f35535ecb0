import { HeadwiseError } from '../../words/error.ts'

/** A query head, both numbers from 0. */
export interface Head {
  readonly layer: number
  readonly head: number
}
/** Heads that are treated together in one run. */
export type HeadSet = readonly Head[]

/** How many layers a model has, and query heads in each. */
export interface HeadCounts {
  readonly layers: number
  readonly heads: number
}

export const headName = ({ layer, head }: Head): string => `${layer}.${head}`
/** The name of a set: its heads from the lowest on, each once, as in `5.4+6.1`. */
export const setName = (set: HeadSet): string => [...new Set(inOrder(set).map(headName))].join('+')

const inOrder = (set: HeadSet): Head[] => [...set].sort((a, b) => a.layer - b.layer || a.head - b.head)

/** Every head as a set of its own, in the order of a grid [layer, head]. */
export const everyHead = ({ layers, heads }: HeadCounts): HeadSet[] =>
  Array.from({ length: layers * heads }, (_, i) => [{ layer: Math.floor(i / heads), head: i % heads }])

/** The heads of a set by layer, lowest first; a head that is named twice counts once. */
export function byLayer(set: HeadSet): Map<number, [number, ...number[]]> {
  const layers = new Map<number, [number, ...number[]]>()
  for (const { layer, head } of inOrder(set)) {
    const heads = layers.get(layer)
    if (!heads) layers.set(layer, [head])
    else if (!heads.includes(head)) heads.push(head)
  }
  return layers
}

/** Refuses a set that is empty or names what the model does not have. */
export function checkHeads(set: HeadSet, { layers, heads }: HeadCounts): void {
  const refuse = (why: string, found: unknown, allowed: unknown) =>
    new HeadwiseError(`${why}.`, { code: 'heads', fault: 'usage', where: 'heads', found, allowed })
  if (set.length === 0) throw refuse('No head is named', 0, '1 or more')
  for (const one of set) {
    const name = headName(one)
    if (!(one.layer >= 0 && one.layer < layers))
      throw refuse(
        `Head ${name} does not exist: the model has layers 0 to ${layers - 1}`,
        name,
        `0.0 to ${layers - 1}.${heads - 1}`,
      )
    if (!(one.head >= 0 && one.head < heads))
      throw refuse(
        `Head ${name} does not exist: layer ${one.layer} has query heads 0 to ${heads - 1}`,
        name,
        `${one.layer}.0 to ${one.layer}.${heads - 1}`,
      )
  }
}
