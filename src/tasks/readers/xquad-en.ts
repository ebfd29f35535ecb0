import { dirname } from 'node:path'
import { z } from 'zod'
import { bad } from '../../checkpoint/fault.ts'
import { memberFile } from '../../checkpoint/folder-member.ts'
import { phrase, text } from './fields.ts'
import { alone, onlyFile } from './folder.ts'
import { continued, type PromptRow, type Reader, taskOf } from './reader.ts'
import { readRecords } from './records.ts'

const question = z.object({ title: phrase, paragraph: z.number().int().min(0), question: phrase, answer: phrase })
const article = z.object({ title: phrase, paragraphs: z.array(text) })

/** The published form, which is that of SQuAD 1.1: one element of `data`. */
const published = z.object({
  title: phrase,
  paragraphs: z.array(
    z.object({
      context: text,
      qas: z.array(z.object({ question: phrase, answers: z.array(z.object({ text: phrase })).min(1) })),
    }),
  ),
})

/**
 * Questions over a paragraph that holds the answer: the log-probability of the answer after the paragraph and
 * "Q: …\nA:", form `sequence`. The data set's own scores (F1, exact match) judge written answers. Cluster: the
 * paragraph.
 */
export const xquadEn: Reader = {
  id: 'xquad_en',
  title: 'XQuAD, English: questions over paragraphs',
  source: 'https://github.com/google-deepmind/xquad (xquad.en.json)',
  licence: 'CC BY-SA 4.0',
  paper: 'Artetxe et al. 2020, On the Cross-lingual Transferability of Monolingual Representations',
  async read(folder) {
    const path = onlyFile(folder, 'xquad_en', ['questions.jsonl', 'xquad.en.json'])
    const prompts = path.endsWith('.json') ? squad(path) : joined(path)
    return [taskOf({ name: 'xquad_en', form: 'sequence', metric: 'sequence_logprob', prompts }, path)]
  },
}

const prompt = (paragraph: string, asked: string, answers: readonly string[], template: string): PromptRow => ({
  text: `${paragraph}\nQ: ${asked}\nA:`,
  answers: [...new Set(answers.map(continued))],
  template,
})

const squad = (path: string): PromptRow[] =>
  readRecords(path, published, 'data').flatMap(({ title, paragraphs }) =>
    paragraphs.flatMap(({ context, qas }, i) =>
      qas.map(q =>
        prompt(
          context,
          q.question,
          q.answers.map(a => a.text),
          `${title} ${i}`,
        ),
      ),
    ),
  )

/** Questions that name their paragraph by the article's title and a number, in the file beside them. */
function joined(path: string): PromptRow[] {
  const beside = memberFile(dirname(path), 'articles.jsonl')
  if (beside === undefined) throw alone(path, ['articles.jsonl'])
  const articles = new Map(readRecords(beside, article).map(a => [a.title, a.paragraphs]))
  return readRecords(path, question).map(q => {
    const paragraph = articles.get(q.title)?.[q.paragraph]
    const template = `${q.title} ${q.paragraph}`
    if (paragraph !== undefined) return prompt(paragraph, q.question, [q.answer], template)
    const details = { code: 'data-paragraph', file: beside, where: 'paragraphs', found: template }
    throw bad(details, `there is no paragraph ${q.paragraph} of "${q.title}", which ${path} asks about.`)
  })
}
