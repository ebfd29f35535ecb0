import { z } from 'zod'

const index = z
  .number()
  .int()
  .nonnegative()
  .max(2 ** 31 - 1)

/** The residual at one place: before a layer (of layer 0 the embedding), after its attention, after all of it. */
export const RESIDUALS = ['resid_pre', 'resid_mid', 'resid_post'] as const

/** A part of the forward pass that stands in the residual, and so can be read through the unembedding. */
export const componentSchema = z.union([
  /** Their sum; one that is named twice counts once. */
  z.strictObject({
    heads: z
      .array(z.strictObject({ layer: index, head: index }))
      .nonempty()
      .max(1024),
  }),
  /** The feed-forward block of a layer. */
  z.strictObject({ mlp: index }),
  /** One neuron of a feed-forward block. */
  z.strictObject({ neuron: z.strictObject({ layer: index, neuron: index }) }),
  /** Everything that has been written so far. */
  z.strictObject({ residual: z.enum(RESIDUALS), layer: index }),
])
export type Component = z.infer<typeof componentSchema>
