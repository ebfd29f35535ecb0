import { z } from 'zod'
import { phrase, text } from './fields.ts'
import { onlyFile } from './folder.ts'
import { continued, type Reader, taskOf } from './reader.ts'
import { readRecords } from './records.ts'

const row = z
  .object({ base_prompt: text, target_true: phrase, target_new: phrase, prompt: text, subject: phrase.optional() })
  .refine(r => r.target_true.trim() !== r.target_new.trim(), {
    path: ['target_new'],
    message: 'must differ from target_true',
  })

const NAMES = [
  'copy_vs_fact.jsonl',
  'full_data_sampled_gpt2_with_subjects.json',
  'full_data_sampled_pythia-6.9b.json_with_subjects.json',
]

/**
 * Facts against counterfactuals in the context ("Redefine: IBM 704, created by Boeing. IBM 704, created by"), drawn
 * from CounterFact. Two tasks of the form `next`, both logit differences as in the paper: `copy` is the logit of the
 * token in the context less that of the fact; `fact` is the same prompt without the context, the fact less the other.
 * Cluster: the sentence frame, which is the base prompt without its subject.
 */
export const copyVsFact: Reader = {
  id: 'copy_vs_fact',
  title: 'Copying from the context against recalling a fact',
  source: 'https://github.com/francescortu/comp-mech (data/full_data_sampled_gpt2_with_subjects.json)',
  licence: 'MIT',
  paper: 169,
  async read(folder) {
    const path = onlyFile(folder, 'copy_vs_fact', NAMES, 'data')
    const rows = readRecords(path, row).map(r => ({
      ...r,
      copy: continued(r.target_new),
      fact: continued(r.target_true),
      template: r.subject === undefined ? undefined : r.base_prompt.replace(r.subject, () => '{}'),
    }))
    const copies = rows.map(r => ({ text: r.prompt, answers: [r.copy], distractors: [r.fact], template: r.template }))
    const facts = rows.map(r => ({
      text: r.base_prompt,
      answers: [r.fact],
      distractors: [r.copy],
      template: r.template,
    }))
    return [
      taskOf({ name: 'copy_vs_fact/copy', form: 'next', metric: 'logit_diff', prompts: copies }, path),
      taskOf({ name: 'copy_vs_fact/fact', form: 'next', metric: 'logit_diff', prompts: facts }, path),
    ]
  },
}
