import type { Feeds } from '../runtime/backend.ts'
import { i32 } from '../words/arrays.ts'

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
