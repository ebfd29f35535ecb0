/** A head by its layer and its place in the layer, both from 0. */
export interface Head {
  readonly layer: number
  readonly head: number
}

/** `6.5`, as everywhere in headwise. */
export const headName = ({ layer, head }: Head): string => `${layer}.${head}`

export const sameHead = (a: Head, b: Head): boolean => a.layer === b.layer && a.head === b.head

const NAME = /^(0|[1-9]\d{0,3})\.(0|[1-9]\d{0,3})$/

/** The head of that name; undefined where the text is none. */
export function parseHead(text: string): Head | undefined {
  const [, layer, head] = NAME.exec(text) ?? []
  return layer === undefined || head === undefined ? undefined : { layer: Number(layer), head: Number(head) }
}

/** How many layers and heads there are, and how many query heads share one key-value head. */
export interface Shape {
  readonly layers: number
  readonly heads: number
  readonly groups: number
}

export const exists = ({ layer, head }: Head, { layers, heads }: Shape): boolean => layer < layers && head < heads

/** Row-major index into a [layer, head] list. */
export const cellOf = ({ layer, head }: Head, { heads }: Shape): number => layer * heads + head
export const headAt = (cell: number, { heads }: Shape): Head => ({
  layer: Math.floor(cell / heads),
  head: cell % heads,
})
export const everyHead = (shape: Shape): Head[] =>
  Array.from({ length: shape.layers * shape.heads }, (_, cell) => headAt(cell, shape))

/** The head's kv group: query heads side by side share one. */
export const groupOf = ({ head }: Head, { heads, groups }: Shape): number => Math.floor(head / (heads / groups))
