import { z } from 'zod'
import type { HeadSet } from '../heads/importance/head-set.ts'

const index = z.number().int().nonnegative()
/** A set of heads as requests write it: pairs of layer and head. */
export const headPairs = z.array(z.tuple([index, index])).min(1)

export const pairsOf = (set: HeadSet): z.infer<typeof headPairs> => set.map(({ layer, head }) => [layer, head])

export const setOfPairs = (pairs: z.infer<typeof headPairs>): HeadSet => pairs.map(([layer, head]) => ({ layer, head }))
