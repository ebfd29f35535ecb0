import { z } from 'zod'
import { componentSchema } from './component.ts'
import { measured } from './run.ts'
import { specSchema } from './spec.ts'

const index = z.number().int().nonnegative()

/** What a component adds to the logit of a token. */
const writtenSchema = z.strictObject({ id: index, token: z.string(), logits: measured })
export type WrittenToken = z.infer<typeof writtenSchema>

/** One neuron of a feed-forward block at a position. */
const neuronSchema = z.strictObject({
  neuron: index,
  /** act(x·gate)·(x·up), after edits. */
  activation: measured,
  /** |activation| · ‖its column of the down-projection‖₂: the length of what it writes. */
  length: measured,
})
export type WritingNeuron = z.infer<typeof neuronSchema>

/** What a component writes at one position, read through the unembedding; `componentWrites` defines each number. */
const shape = {
  /** Largest first, in logits; of a residual: what the block before it raised. */
  raises: z.array(writtenSchema),
  /** Most negative first. */
  lowers: z.array(writtenSchema),
  /** Over the whole vocabulary, logits: a share that all logits have in common changes no probability. */
  mean: measured,
  /** Of a feed-forward block the neurons that write most, longest first; of a neuron itself. */
  neurons: z.array(neuronSchema).optional(),
  /** Of a residual: what it predicts through the lens, likeliest first; natural log. */
  lens: z.array(z.strictObject({ id: index, token: z.string(), logit: measured, logprob: measured })).optional(),
}
const readingSchema = z.strictObject(shape)
export type ComponentReading = z.infer<typeof readingSchema>

/** The result of `writes`. */
export const writesSchema = z.strictObject({
  kind: z.literal('writes'),
  of: componentSchema,
  position: index,
  /** The token there. */
  token: z.string(),
  ...shape,
  spec: specSchema,
})
export type Writes = z.infer<typeof writesSchema>
