import { z } from 'zod'
import { validate } from '../../results/issue.ts'
import { phrase, text } from './fields.ts'
import { onlyFile, readText } from './folder.ts'
import { type Reader, taskOf } from './reader.ts'
import { readRecords } from './records.ts'
import { substituted } from './winograd-sentence.ts'
import { collectionRows } from './winograd-xml.ts'

const row = z.object({
  before: z.string().max(100_000),
  pronoun: phrase,
  after: text,
  answers: z.tuple([phrase, phrase]),
  correct: z.union([z.literal(0), z.literal(1)]),
  group: z.union([z.number(), phrase]).optional(),
})
type Row = z.infer<typeof row>

/**
 * The Winograd schema challenge: which of two candidates does a pronoun mean? Scored as in Trinh and Le (2018), full
 * scoring: the pronoun is replaced by each candidate, and the model is right where the whole sentence with the right one
 * is likelier; so the form is `pair`. (Their partial scoring compares the words after the candidates only, which have
 * different texts in front; it cannot be written as a pair.) Cluster: the twins, which share candidates and differ in
 * one word.
 */
export const winogradWsc: Reader = {
  id: 'winograd_wsc',
  title: 'Winograd schema challenge',
  source: 'https://cs.nyu.edu/~davise/papers/WinogradSchemas/WSCollection.xml',
  licence: 'CC BY 4.0',
  paper:
    'Levesque et al. 2012, The Winograd Schema Challenge; Trinh and Le 2018, A Simple Method for Commonsense Reasoning',
  async read(folder) {
    const path = onlyFile(folder, 'winograd_wsc', ['wsc.jsonl', 'WSCollection.xml'], 'data')
    const pairs = rowsOf(path).map(r => ({
      clean: substituted(r, r.answers[r.correct]),
      corrupt: substituted(r, r.answers[1 - r.correct]!),
      template: r.group === undefined ? r.answers.join(' / ').toLowerCase() : `twins ${r.group}`,
    }))
    return [taskOf({ name: 'winograd_wsc', form: 'pair', metric: 'sequence_logprob', pairs }, path)]
  },
}

function rowsOf(path: string): Row[] {
  if (!path.endsWith('.xml')) return readRecords(path, row)
  return collectionRows(readText(path)).map((value, i) =>
    validate(row, value, { file: path, root: `schema ${i + 1}`, code: 'data' }),
  )
}
