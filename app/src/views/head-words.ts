import type { Scored } from '../engine/map-scores.ts'
import { digits, signed, withInterval } from '../marks/number.ts'
import type { Line } from '../state/change.ts'
import { changeWords } from '../state/change-words.ts'
import { cellOf, type Head, headName, type Shape, sameHead } from '../state/head.ts'

/** One head as it is read aloud: its name, its score, what is done to it. */
export function headSentence(
  head: Head,
  value: number,
  { name, score }: Scored,
  edits: readonly Line[],
  shape: Shape,
): string {
  const cell = cellOf(head, shape)
  const show = score?.scale.signed ? signed : digits
  const number = score ? `, ${name} ${withInterval(value, score.low?.[cell], score.high?.[cell], show)}` : ''
  const done = edits.filter(l => l.on && sameHead(l.change.head, head)).map(l => changeWords(l.change, String))
  return `head ${headName(head)}${number}${done.length > 0 ? `; ${done.join('; ')}` : ''}`
}
