import { z } from 'zod'
import { SITES, type Site, siteNames } from './site.ts'

const index = z
  .number()
  .int()
  .nonnegative()
  .max(2 ** 31 - 1)
const finite = z.number().refine(x => Number.isFinite(Math.fround(x)), 'must be finite as a 32-bit float')
const heads = z.array(index).nonempty()
/** Positions of a sequence: indices, every place of certain tokens, the last one, or all of them. */
export const positionsSchema = z.union([
  z.array(index).nonempty(),
  z.strictObject({ tokens: z.array(index).nonempty() }),
  z.literal('last'),
  z.literal('all'),
])
export type Positions = z.infer<typeof positionsSchema>

type Nested = number | Nested[]
const MAX_DEPTH = 4
const nested = (depth: number): z.ZodType<Nested> =>
  depth === 0 ? finite : z.union([finite, z.array(nested(depth - 1)).nonempty()])
const beside = z
  .string()
  .regex(/^[^/\\:\0]+\.safetensors$/, 'must be the plain name of a .safetensors file beside the edits file')
/** A number, a nested list that broadcasts to the site, or a tensor in a safetensors file beside the edits file. */
export const valueSchema = z.union([nested(MAX_DEPTH), z.strictObject({ file: beside, tensor: z.string() })])
export type EditValue = z.infer<typeof valueSchema>

/** A site of the layers says which one: without it, an edit would silently be one of the first layer. */
const at = z
  .strictObject({
    site: z.enum(siteNames as readonly [Site, ...Site[]]),
    layer: index.optional(),
    stack: z.enum(['decoder', 'encoder', 'cross', 'vision']).default('decoder'),
  })
  .superRefine(({ site, layer }, context) => {
    const issue = (message: string) => context.addIssue({ code: 'custom', path: ['layer'], message })
    if (SITES[site].perLayer && layer === undefined) issue(`the layer of ${site}, a whole number from 0`)
    if (!SITES[site].perLayer && layer) issue(`must be left out, for ${site} stands outside the layers`)
  })
  .transform(({ layer = 0, ...rest }) => ({ ...rest, layer }))
const address = {
  at,
  heads: heads.optional(),
  groups: heads.optional(),
  positions: positionsSchema.optional(),
  samples: z.array(index).nonempty().optional(),
}

/**
 * One serialisable change of one run. `zero`, `mean`, `resample`, `set` and `patch` replace what they address
 * (two of them on one cell are an error); the others apply in list order. What is left out means all.
 */
export const editSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('zero'), ...address }),
  z.strictObject({
    do: z.literal('mean'),
    reference: z.union([z.literal('self'), z.array(z.array(index).nonempty()).nonempty()]).default('self'),
    ...address,
  }),
  z.strictObject({
    do: z.literal('resample'),
    seed: index.default(0),
    draws: z.number().int().min(1).max(1024).default(1),
    ...address,
  }),
  z.strictObject({ do: z.literal('scale'), by: finite, ...address }),
  z.strictObject({ do: z.literal('add'), value: valueSchema, ...address }),
  z.strictObject({ do: z.literal('set'), value: valueSchema, ...address }),
  z
    .strictObject({
      do: z.literal('patch'),
      prompt: z.string().optional(),
      ids: z.array(index).nonempty().optional(),
      ...address,
    })
    .refine(e => (e.prompt === undefined) !== (e.ids === undefined), 'must give either `prompt` or `ids`'),
  z.strictObject({
    do: z.literal('knockout'),
    queries: positionsSchema.default('all'),
    keys: positionsSchema.default('all'),
    ...address,
  }),
  z.strictObject({
    do: z.literal('temperature'),
    tau: finite.refine(t => t > 0 && Number.isFinite(Math.fround(1 / t)), 'must be above 0, with a finite inverse'),
    ...address,
  }),
  z.strictObject({
    do: z.literal('bias'),
    by: finite,
    queries: positionsSchema.default('all'),
    keys: positionsSchema.default('all'),
    ...address,
  }),
])
export const editsSchema = z.array(editSchema).max(10_000)
export type Edit = z.infer<typeof editSchema>
/** What a caller may write: the fields with a default may be left out. */
export type EditInput = z.input<typeof editSchema>
