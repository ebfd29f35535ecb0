import { z } from 'zod'
import { specSchema } from './spec.ts'

const index = z.number().int().nonnegative()
/** A number in a result; in JSON, NaN and the infinities are written as these strings. */
export const measured = z.union([z.number(), z.literal(['NaN', 'Infinity', '-Infinity']).transform(Number)])

/** What a forward pass says about one prompt. */
const passSchema = z.strictObject({
  /** The ids as fed. */
  tokens: z.array(index),
  /** Nats per token, mean over positions ≥ 1; null for a single token. */
  loss: measured.nullable(),
  /** The most probable tokens after the last position, best first; natural log. */
  top: z.array(z.strictObject({ id: index, token: z.string(), logprob: measured })),
  /** Loss of the 50th token minus loss of the 500th, nats, for texts that are long enough. */
  inContextGain: measured.optional(),
  /** What heads attend to from the last position: `weight` is the pattern's entry at `key`, 0 to 1. */
  heads: z
    .array(z.strictObject({ layer: index, head: index, key: index, token: z.string(), weight: measured }))
    .optional(),
})
export type Pass = z.infer<typeof passSchema>

/** The result of `run`: one pass, or a list of them with the mean of their losses. */
export const runSchema = z.union([
  passSchema.extend({ kind: z.literal('run'), spec: specSchema }),
  z.strictObject({
    kind: z.literal('run'),
    loss: measured.nullable(),
    runs: z.array(passSchema).nonempty(),
    spec: specSchema,
  }),
])
export type Run = z.infer<typeof runSchema>

/** The result of `generate`. */
export const generationSchema = z.strictObject({
  kind: z.literal('generation'),
  /** Prompt and new ids. */
  tokens: z.array(index),
  text: z.string(),
  /** New tokens after the first over the time of decoding; null when there was none after the first. */
  tokensPerSecond: z.number().nonnegative().nullable(),
  spec: specSchema,
})
export type Generation = z.infer<typeof generationSchema>
