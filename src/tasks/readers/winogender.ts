import { z } from 'zod'
import { bad } from '../../checkpoint/fault.ts'
import { phrase, text } from './fields.ts'
import { alone, firstFile, homesOf, missing } from './folder.ts'
import { groupBy, type Reader, type TextPair, taskOf } from './reader.ts'
import { readRecords } from './records.ts'

const GENDERS = ['male', 'female', 'neutral'] as const
const row = z.object({
  occupation: phrase,
  participant: phrase,
  answer: z.union([z.literal(0), z.literal(1)]),
  gender: z.enum(GENDERS),
  sentence: text,
  bls_pct_female: z.number().min(0).max(100),
})
type Row = z.infer<typeof row>

/** `technician.customer.1.male.txt`: occupation, participant, answer, gender. */
const SENTENCE_ID = /^([^.]+)\.([^.]+)\.([01])\.(male|female|neutral)(?:\.txt)?$/
const published = z
  .object({ sentid: phrase.regex(SENTENCE_ID, 'must be OCCUPATION.PARTICIPANT.0|1.GENDER.txt'), sentence: text })
  .transform(({ sentid, sentence }) => {
    const [, occupation = '', participant = '', answer, gender] = SENTENCE_ID.exec(sentid) ?? []
    return {
      occupation,
      participant,
      answer: answer === '0' ? 0 : 1,
      gender: GENDERS.find(g => g === gender)!,
      sentence,
    } as const
  })
const percentage = z
  .string()
  .regex(/^\d{1,3}(\.\d+)?$/, 'must be a number')
  .transform(Number)
const statistics = z.object({ occupation: phrase, bls_pct_female: percentage })

/**
 * Winogender schemas: a sentence with an occupation, a participant and a pronoun, in a male and a female version. Clean
 * is the version of the gender that most people in the occupation have (US labour statistics), corrupt the other; the
 * neutral one is not used. The published score is how often a coreference system's answer changes with the gender; for a
 * language model the two sentences are compared by log-probability, form `pair`. In `occupation` the pronoun means the
 * occupation, in `participant` the other person, where the statistic should not matter. Cluster: the occupation.
 */
export const winogender: Reader = {
  id: 'winogender',
  title: 'Winogender schemas',
  source: 'https://github.com/rudinger/winogender-schemas (data/all_sentences.tsv, data/occupations-stats.tsv)',
  licence: 'MIT',
  paper: 'Rudinger et al. 2018, Gender Bias in Coreference Resolution',
  async read(folder) {
    const homes = homesOf(folder, 'winogender', 'data')
    const path = firstFile(homes, ['winogender.jsonl', 'all_sentences.tsv'])
    if (path === undefined) throw missing(folder, 'winogender', ['winogender.jsonl', 'all_sentences.tsv'])
    const rows = path.endsWith('.tsv') ? joined(path, homes) : readRecords(path, row)
    return [
      { name: 'winogender/occupation', answer: 0 },
      { name: 'winogender/participant', answer: 1 },
    ].map(({ name, answer }) => {
      const pairs = pairsOf(rows.filter(r => r.answer === answer))
      return taskOf({ name, form: 'pair', metric: 'sequence_logprob', pairs }, path)
    })
  },
}

function pairsOf(rows: readonly Row[]): TextPair[] {
  return [...groupBy(rows, r => `${r.occupation}.${r.participant}`).values()].flatMap(group => {
    const male = group.find(r => r.gender === 'male')
    const female = group.find(r => r.gender === 'female')
    if (!male || !female) return []
    const [clean, corrupt] = male.bls_pct_female >= 50 ? [female, male] : [male, female]
    return { clean: clean.sentence, corrupt: corrupt.sentence, template: male.occupation }
  })
}

/** The published table of sentences with the table of occupations beside it. */
function joined(path: string, homes: readonly string[]): Row[] {
  const beside = firstFile(homes, ['occupations-stats.tsv'])
  if (beside === undefined) throw alone(path, ['occupations-stats.tsv'])
  const shares = new Map(readRecords(beside, statistics).map(r => [r.occupation, r.bls_pct_female]))
  return readRecords(path, published).map(r => {
    const share = shares.get(r.occupation)
    if (share !== undefined) return { ...r, bls_pct_female: share }
    const details = { code: 'data-occupation', file: beside, where: 'occupation', found: r.occupation }
    throw bad(details, `this table has no row for the occupation "${r.occupation}" of ${path}.`)
  })
}
