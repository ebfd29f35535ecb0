import { z } from 'zod'
import { text } from './fields.ts'
import { onlyFile } from './folder.ts'
import { continued, type Reader, taskOf } from './reader.ts'
import { readRecords } from './records.ts'

const choices = z.record(z.string().max(2000), z.union([z.literal(0), z.literal(1)]))
const question = { question: text }
const row = z
  .union([
    z.object({ ...question, mc1: choices }),
    z.object({ ...question, mc1_targets: choices }).transform(r => ({ question: r.question, mc1: r.mc1_targets })),
  ])
  .transform(r => ({ ...r, ...sides(r.mc1) }))
  .refine(r => r.right.length > 0 && r.wrong.length > 0, {
    path: ['mc1'],
    message: 'must hold a right choice (1) and a wrong one (0)',
  })

const sides = (of: Readonly<Record<string, 0 | 1>>) => {
  const texts = (value: 0 | 1) => [
    ...new Set(
      Object.entries(of)
        .filter(([t, v]) => v === value && t.trim() !== '')
        .map(([t]) => continued(t)),
    ),
  ]
  const right = texts(1)
  return { right, wrong: texts(0).filter(t => !right.includes(t)) }
}

/**
 * Questions that people answer by misconceptions, scored as the paper's MC1: the model is right where the log-probability
 * of the one true answer is above that of every false one. Form `sequence`. The prompt is "Q: …\nA:" without the paper's
 * six examples, which are not part of the data. Empty choices, which the published rows hold here and there, are left
 * out.
 */
export const truthfulqa: Reader = {
  id: 'truthfulqa',
  title: 'TruthfulQA, multiple choice (MC1)',
  source: 'https://github.com/sylinrl/TruthfulQA (data/mc_task.json)',
  licence: 'Apache-2.0',
  paper: 'Lin et al. 2022, TruthfulQA: Measuring How Models Mimic Human Falsehoods',
  async read(folder) {
    const path = onlyFile(folder, 'truthfulqa', ['truthfulqa.jsonl', 'mc_task.json'], 'data')
    const prompts = readRecords(path, row).map(r => ({
      text: `Q: ${r.question}\nA:`,
      answers: r.right,
      distractors: r.wrong,
    }))
    return [taskOf({ name: 'truthfulqa/mc1', form: 'sequence', metric: 'accuracy', prompts }, path)]
  },
}
