import type { NextResult } from '../../../src/service/verbs.ts'
import { type Draw, drawnAt } from '../state/state.ts'
import { count, percent } from './number.ts'

/** How the next token is drawn, and how much of the probability top-k and top-p leave. */
export function leftWords(draw: Draw, left: NextResult['left'] | undefined, edited: boolean): string {
  if (drawnAt(draw) === 0) return 'The continuation takes the likeliest token each time.'
  if (draw.topK === undefined && draw.topP === undefined) return 'The continuation draws from all tokens.'
  if (!left) return 'Draws from …'
  const { before, after } = left
  const held = `${count(after.tokens)} token${after.tokens === 1 ? ' that holds' : 's that hold'}`
  const without = edited ? ` (without the edits ${count(before.tokens)}, ${percent(before.probability)})` : ''
  return `Draws from ${held} ${percent(after.probability)}${without}; pale ones are left out.`
}
