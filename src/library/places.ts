import { z } from 'zod'
import type { Places } from '../causal/places.ts'

const index = z
  .number()
  .int()
  .nonnegative()
  .max(2 ** 31 - 1)

/** Positions in a request. */
export const placesSchema: z.ZodType<Places> = z.union([
  z.literal(['all', 'first', 'last', 'different']),
  z.array(index).nonempty(),
  z.strictObject({ text: z.string().min(1) }),
])
