import { z } from 'zod'
import { phrase, text } from './fields.ts'
import { onlyFile } from './folder.ts'
import { continued, type Reader, taskOf } from './reader.ts'
import { readRecords } from './records.ts'

const row = z.object({ attribute: phrase, template: phrase, prompt: text })

/**
 * Facts that GPT-2 XL completes with the right attribute, collected for causal tracing. Scored as they were chosen: the
 * attribute must be the likeliest next token (accuracy over the vocabulary). Some prompts go on past their template,
 * to where GPT-2 XL names the attribute. Cluster: the template.
 */
export const knownFacts: Reader = {
  id: 'known_facts',
  title: 'Known facts: prompts that GPT-2 XL completes correctly',
  source: 'https://github.com/kmeng01/rome (known_1000.json)',
  licence: 'MIT',
  paper: 'Meng et al. 2022, Locating and Editing Factual Associations in GPT',
  async read(folder) {
    const path = onlyFile(folder, 'known_facts', ['known_facts.jsonl', 'known_1000.json'], 'data')
    const prompts = readRecords(path, row).map(({ prompt, attribute, template }) => ({
      text: prompt,
      answers: [continued(attribute)],
      template,
    }))
    return [taskOf({ name: 'known_facts', form: 'next', metric: 'accuracy', prompts }, path)]
  },
}
