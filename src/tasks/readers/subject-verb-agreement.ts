import { z } from 'zod'
import { throwIfAborted } from '../../words/error.ts'
import { phrase } from './fields.ts'
import { firstFile, homesOf, missing } from './folder.ts'
import { type Reader, taskOf } from './reader.ts'
import { readRecords } from './records.ts'

const row = z
  .object({ clean_prefix: phrase, patch_prefix: phrase, clean_answer: phrase, patch_answer: phrase })
  .refine(r => r.clean_answer !== r.patch_answer, { path: ['patch_answer'], message: 'must differ from clean_answer' })

/** The structures of the paper; the published files are JSON lines named `.json`, split into train and test. */
const FILES = ['simple', 'nounpp', 'rc', 'within_rc'].flatMap(structure =>
  ['', '_train', '_test'].map(split => ({
    paradigm: `${structure}${split}`,
    names: split === '' ? [`${structure}.jsonl`] : [`${structure}${split}.json`],
  })),
)

/**
 * Subject–verb agreement with the subject next to the verb (`simple`), across a prepositional phrase (`nounpp`), across
 * (`rc`) and inside (`within_rc`) a relative clause. The corrupt twin has the subject in the other number; the metric
 * is the paper's, the logit of the agreeing verb less that of the other. Cluster: the two prefixes, whichever is clean.
 */
export const subjectVerbAgreement: Reader = {
  id: 'subject_verb_agreement',
  title: 'Subject–verb agreement across structures',
  source: 'https://github.com/saprmarks/feature-circuits (data/)',
  licence: 'MIT',
  paper: 'Marks et al. 2024, Sparse Feature Circuits',
  async read(folder, { signal } = {}) {
    const homes = homesOf(folder, 'subject_verb_agreement', 'data')
    const tasks = FILES.flatMap(({ paradigm, names }) => {
      const path = firstFile(homes, names)
      if (path === undefined) return []
      throwIfAborted(signal)
      const pairs = readRecords(path, row).map(r => ({
        clean: r.clean_prefix,
        corrupt: r.patch_prefix,
        answers: [r.clean_answer],
        distractors: [r.patch_answer],
        template: [r.clean_prefix, r.patch_prefix].sort().join(' / '),
      }))
      return taskOf({ name: `subject_verb_agreement/${paradigm}`, form: 'next', metric: 'logit_diff', pairs }, path)
    })
    if (tasks.length === 0)
      throw missing(folder, 'subject_verb_agreement', ['simple.jsonl', 'simple_train.json', 'nounpp_train.json'])
    return tasks
  },
}
