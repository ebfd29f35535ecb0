import type { Scored } from '../engine/map-scores.ts'
import { certaintyWords } from '../marks/certainty.ts'
import { firstWords, type Pictures, pictureOf, spanWords, strongestOf } from '../marks/map-pictures.ts'
import { certaintyAt } from '../marks/map-score.ts'
import { digits, signed, withInterval } from '../marks/number.ts'
import type { Line } from '../state/change.ts'
import { changeWords } from '../state/change-words.ts'
import { cellOf, type Head, type Shape, sameHead } from '../state/head.ts'

function scoreWords({ name, score }: Scored, cell: number): string[] {
  const value = score?.values[cell]
  if (!score || value === undefined) return []
  const number = withInterval(value, score.low?.[cell], score.high?.[cell], score.scale.signed ? signed : digits)
  const certainty = certaintyAt(score, cell)
  return [`${name} ${number}${certainty === 'clear' ? '' : ` (${certaintyWords[certainty]})`}`]
}

/** What is known of a head and done to it, as it is read aloud: its scores with their intervals, then its edits. */
export function headWords(head: Head, scores: readonly Scored[], edits: readonly Line[], shape: Shape): string {
  const cell = cellOf(head, shape)
  const done = edits.filter(l => l.on && sameHead(l.change.head, head)).map(l => changeWords(l.change, String))
  return [...scores.flatMap(s => scoreWords(s, cell)), ...done].join('; ')
}

/** What a head's picture is read aloud as: its largest share beyond the tokens on which many heads rest. */
export function pictureWords(pictures: Pictures, head: Head, shape: Shape): string {
  const most = strongestOf(pictureOf(pictures, cellOf(head, shape)), pictures)
  if (!most) return ''
  return `beyond ${firstWords(pictures)} at most ${digits(most.share)}, query ${spanWords(most.queries)} to key ${spanWords(most.keys)}`
}
