import type { Feeds } from '../runtime/backend.ts'
import { f32, i32, type NDArray } from '../words/arrays.ts'
import { HeadwiseError } from '../words/error.ts'

/**
 * The inputs of a right-padded batch that starts at position 0. Padding repeats token 0: under causal attention no
 * earlier row sees it, so the rows of each sequence are those it has alone.
 */
export function tokenFeeds(sequences: readonly (readonly number[])[]): Feeds {
  const time = Math.max(...sequences.map(s => s.length))
  const data = new Int32Array(sequences.length * time)
  sequences.forEach((ids, s) => {
    data.set(ids, s * time)
  })
  return {
    input: i32([sequences.length, time], data),
    offset: i32([sequences.length], new Int32Array(sequences.length)),
  }
}

/** Refuses token ids that the model does not have. */
export function checkTokens(ids: readonly number[], vocab: number): void {
  if (ids.length === 0)
    throw new HeadwiseError('There is no token to run: give a text or ids.', {
      code: 'tokens-empty',
      fault: 'usage',
      where: 'tokens',
      found: 0,
      allowed: '1 or more',
    })
  const bad = ids.findIndex(id => !Number.isInteger(id) || id < 0 || id >= vocab)
  if (bad >= 0)
    throw new HeadwiseError(`Token ${bad} is ${ids[bad]}; the model has the ids 0 to ${vocab - 1}.`, {
      code: 'token-id',
      fault: 'usage',
      where: `tokens[${bad}]`,
      found: ids[bad],
      allowed: vocab - 1,
    })
}

/** The first sample of a batch without the batch axis. */
export const sampleOf = (value: NDArray): NDArray<'f32'> => f32(value.shape.slice(1), value.data as Float32Array)
