import type { Bounds, Fields } from './fields.ts'

/** Far above every published model, far below what would overflow a product of two. */
export const LIMITS = {
  layers: { min: 1, max: 4096 },
  heads: { min: 1, max: 65_536 },
  headDim: { min: 2, max: 65_536 },
  dim: { min: 1, max: 2 ** 20 },
  mlpDim: { min: 1, max: 2 ** 24 },
  vocab: { min: 1, max: 2 ** 24 },
  context: { min: 1, max: 2 ** 28 },
} as const satisfies Record<string, Bounds>

/** The names under which a format keeps the numbers of heads. */
export interface HeadKeys {
  readonly heads: string
  readonly groups: string
  readonly headDim: string
  readonly dim: string
}

/** Heads that fit: groups divide heads, and the head size is given or divides the width, and is even for rotation. */
export function headSizes(
  fields: Fields,
  keys: HeadKeys,
): { heads: number; groups: number; headDim: number; dim: number } {
  const dim = fields.int(keys.dim, LIMITS.dim)
  const heads = fields.int(keys.heads, LIMITS.heads)
  const groups = fields.int(keys.groups, { min: 1, max: heads, absent: heads })
  if (heads % groups !== 0) throw fields.fault(keys.groups, groups, `a divisor of the ${heads} heads`)
  if (fields.raw(keys.headDim) === undefined && dim % heads !== 0)
    throw fields.fault(keys.dim, dim, `a multiple of the ${heads} heads, unless ${keys.headDim} is given`)
  const headDim = fields.int(keys.headDim, { ...LIMITS.headDim, absent: dim / heads })
  if (headDim % 2 !== 0) throw fields.fault(keys.headDim, headDim, 'an even number, for rotary positions turn pairs')
  return { heads, groups, headDim, dim }
}
