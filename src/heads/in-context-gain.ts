/** The two places of the text that are compared, counted in tokens from 1. */
const EARLY = 50
const LATE = 500

/**
 * How much the model gains from context: loss of the 50th token minus loss of the 500th, nats (Olsson et al. 2022, the
 * in-context learning score with its sign turned so that more is better). `tokenLoss` holds the loss of tokens 2, 3, ….
 * Undefined for texts of fewer than 500 tokens.
 */
export function inContextGain(tokenLoss: ArrayLike<number>): number | undefined {
  const late = tokenLoss[LATE - 2]
  return late === undefined ? undefined : tokenLoss[EARLY - 2]! - late
}
