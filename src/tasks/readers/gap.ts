import { z } from 'zod'
import { phrase, text } from './fields.ts'
import { firstFile, homesOf, missing } from './folder.ts'
import { type Reader, taskOf } from './reader.ts'
import { readRecords } from './records.ts'
import { substituted } from './winograd-sentence.ts'

const row = z
  .object({
    text,
    pronoun: phrase,
    pronoun_offset: z.number().int().min(0),
    a: phrase,
    a_coref: z.boolean(),
    b: phrase,
    b_coref: z.boolean(),
  })
  .refine(r => r.text.startsWith(r.pronoun, r.pronoun_offset), {
    path: ['pronoun_offset'],
    message: 'must be where the pronoun stands in the text, in characters',
  })

const flag = z.enum(['TRUE', 'FALSE']).transform(v => v === 'TRUE')
const count = z
  .string()
  .regex(/^\d{1,9}$/, 'must be a number of characters')
  .transform(Number)
/** The published table's columns. */
const published = z
  .object({
    Text: text,
    Pronoun: phrase,
    'Pronoun-offset': count,
    A: phrase,
    'A-coref': flag,
    B: phrase,
    'B-coref': flag,
  })
  .transform(r => ({
    text: r.Text,
    pronoun: r.Pronoun,
    pronoun_offset: r['Pronoun-offset'],
    a: r.A,
    a_coref: r['A-coref'],
    b: r.B,
    b_coref: r['B-coref'],
  }))
  .pipe(row)

const FILES = [
  { name: 'gap', names: ['gap.jsonl', 'gap-development.tsv'] },
  { name: 'gap/validation', names: ['gap-validation.tsv'] },
  { name: 'gap/test', names: ['gap-test.tsv'] },
]

/**
 * GAP: a paragraph of Wikipedia with a pronoun and two names of its gender. The published score is the F1 of coreference
 * labels; for a language model the pronoun is replaced by each name, as in the full scoring of Winograd schemas (Trinh
 * and Le 2018), and the paragraph with the right one should be likelier: form `pair`. Rows in which neither name, or
 * both, are meant make no pair.
 */
export const gap: Reader = {
  id: 'gap',
  title: 'GAP: gendered ambiguous pronouns',
  source: 'https://github.com/google-research-datasets/gap-coreference',
  licence: 'Apache-2.0 (texts: Wikipedia, CC BY-SA 3.0)',
  paper: 'Webster et al. 2018, Mind the GAP: A Balanced Corpus of Gendered Ambiguous Pronouns',
  async read(folder) {
    const homes = homesOf(folder, 'gap')
    const tasks = FILES.flatMap(({ name, names }) => {
      const path = firstFile(homes, names)
      if (path === undefined) return []
      const pairs = (path.endsWith('.tsv') ? readRecords(path, published) : readRecords(path, row)).flatMap(pairsOf)
      return taskOf({ name, form: 'pair', metric: 'sequence_logprob', pairs }, path)
    })
    if (tasks.length === 0) throw missing(folder, 'gap', ['gap.jsonl', 'gap-development.tsv'])
    return tasks
  },
}

function pairsOf({ text: whole, pronoun, pronoun_offset: at, a, a_coref, b, b_coref }: z.infer<typeof row>) {
  if (a_coref === b_coref) return []
  const schema = { before: whole.slice(0, at), pronoun, after: whole.slice(at + pronoun.length) }
  const [clean, corrupt] = [a_coref ? a : b, a_coref ? b : a].map(name => substituted(schema, name))
  return clean === corrupt ? [] : { clean: clean!, corrupt: corrupt! }
}
