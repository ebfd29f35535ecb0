import { z } from 'zod'
import { text } from './fields.ts'
import { onlyFile } from './folder.ts'
import { type PairRow, type Reader, taskOf } from './reader.ts'
import { readRecords } from './records.ts'

/** The published CSV has lost leading zeros: 4 is the year ending in 04. */
const label = z
  .union([z.string(), z.number()])
  .transform(y => String(y).padStart(2, '0'))
  .pipe(z.string().regex(/^\d\d$/, 'must be the last two digits of a year'))
const row = z.object({ clean: text, corrupted: text, label })
type Row = z.infer<typeof row>

const YEARS = Array.from({ length: 100 }, (_, y) => String(y).padStart(2, '0'))
const DIGITS = Array.from({ length: 10 }, (_, d) => String(d))

/**
 * "The war lasted from the year 1752 to the year 17": years after 52 are right. Two tasks of the form `next`. `years`
 * is the paper's: the probability of all two-digit tokens above the start year less that of all others. Tokenizers that
 * split digits have no such tokens and drop every row; for them `digit` compares the next digit alone: digits above the
 * start year's tens against those below, the equal digit being neither (tens of 0 and 9 have no such task). The corrupt
 * twin starts in year 01, after which nearly every year is right. Cluster: the noun.
 */
export const greaterThan: Reader = {
  id: 'greater_than',
  title: 'Greater-than: years that end after they start',
  source: 'https://github.com/hannamw/EAP-IG (greater_than_data.csv)',
  licence: 'MIT',
  paper: 'Hanna et al. 2023, How does GPT-2 compute greater-than?',
  async read(folder) {
    const path = onlyFile(folder, 'greater_than', ['greater_than.jsonl', 'greater_than_data.csv'])
    const rows = readRecords(path, row)
    const years = rows.flatMap(r => pairOf(r, above(YEARS, r.label), YEARS.slice(0, Number(r.label) + 1)))
    const digits = rows.flatMap(r => {
      const tens = r.label.charAt(0)
      return pairOf(r, above(DIGITS, tens), DIGITS.slice(0, Number(tens)))
    })
    return [
      taskOf({ name: 'greater_than/years', form: 'next', metric: 'prob_diff', pairs: years }, path),
      taskOf({ name: 'greater_than/digit', form: 'next', metric: 'prob_diff', pairs: digits }, path),
    ]
  },
}

const above = (numbers: readonly string[], start: string): string[] => numbers.slice(Number(start) + 1)

function pairOf({ clean, corrupted }: Row, answers: readonly string[], distractors: readonly string[]): PairRow[] {
  if (answers.length === 0 || distractors.length === 0) return []
  return [{ clean, corrupt: corrupted, answers, distractors, template: clean.replace(/\d+/g, '#') }]
}
