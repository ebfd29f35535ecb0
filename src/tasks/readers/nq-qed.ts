import { z } from 'zod'
import { phrase, text } from './fields.ts'
import { onlyFile } from './folder.ts'
import { continued, type Reader, taskOf } from './reader.ts'
import { readRecords } from './records.ts'

const MAX_SUBSTITUTED = 100_000
const row = z
  .object({ title: phrase, question: phrase, passage: text, answer: phrase, substitute: phrase.nullable() })
  .refine(r => r.substitute?.trim() !== r.answer.trim(), { path: ['substitute'], message: 'must differ from answer' })
  .refine(r => r.passage.includes(r.answer), { path: ['answer'], message: 'must stand in the passage' })
  .refine(r => (r.passage.split(r.answer).length - 1) * (r.substitute?.length ?? 0) <= MAX_SUBSTITUTED, {
    path: ['substitute'],
    message: `must not come to more than ${MAX_SUBSTITUTED} characters in the passage`,
  })

/**
 * Questions of Natural Questions over a passage in which the answer has been replaced by another of its kind (clean) or
 * left as it was (corrupt), as in the knowledge-conflict studies: the log-probability of the substitute less that of
 * the original answer, form `sequence`. Rows without a substitute are left out. Cluster: the article.
 */
export const nqQed: Reader = {
  id: 'nq_qed',
  title: 'Natural Questions with substituted answers',
  source: 'https://github.com/google-research-datasets/QED; rows {title, question, passage, answer, substitute}',
  licence: 'CC BY-SA 3.0',
  paper: 'Longpre et al. 2021, Entity-Based Knowledge Conflicts in Question Answering; Lamm et al. 2021, QED',
  async read(folder) {
    const path = onlyFile(folder, 'nq_qed', ['nq_qed.jsonl'])
    const pairs = readRecords(path, row).flatMap(r => {
      const { substitute } = r
      if (substitute === null) return []
      const after = `\nQ: ${r.question}?\nA:`
      return {
        clean: r.passage.replaceAll(r.answer, () => substitute) + after,
        corrupt: r.passage + after,
        answers: [continued(substitute)],
        distractors: [continued(r.answer)],
        template: r.title,
      }
    })
    return [taskOf({ name: 'nq_qed/substituted', form: 'sequence', metric: 'sequence_logprob', pairs }, path)]
  },
}
