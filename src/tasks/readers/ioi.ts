import { z } from 'zod'
import type { Task } from '../../words/task.ts'
import { phrase, text } from './fields.ts'
import { firstFile, homesOf, missing } from './folder.ts'
import { continued, type Reader, taskOf } from './reader.ts'
import { readRecords } from './records.ts'

const pairRow = z
  .object({ clean: text, corrupted: text, corrupted_hard: text })
  .transform((r, context) => ({ ...r, names: namesOf(r.clean, undefined) ?? refused(context, 'clean') }))
const promptRow = z
  .object({ prompt: text, answer: phrase })
  .transform((r, context) => ({ ...r, names: namesOf(r.prompt, r.answer.trim()) ?? refused(context, 'prompt') }))

function refused(context: z.core.$RefinementCtx, field: string): never {
  context.addIssue({ code: 'custom', path: [field], message: 'must say one name once and another one twice' })
  return z.NEVER
}

/**
 * Indirect object identification ("When Mary and John went …, John gave a drink to" Mary): the logit of the indirect
 * object less that of the subject, as in the paper, form `next`. `pairs` replaces the second subject by a third name,
 * `pairs_hard` by the indirect object, so that the answers change places; `prompts` has no twins. The subject is the
 * name that the prompt says twice. Cluster: the sentence without its names, places and objects.
 */
export const ioi: Reader = {
  id: 'ioi',
  title: 'Indirect object identification',
  source:
    'https://github.com/hannamw/EAP-IG (ioi_llama.csv), https://github.com/lab-paper-code/dual_path_attribution (data/ioi.json)',
  licence: 'MIT',
  paper: 'Wang et al. 2022, Interpretability in the Wild',
  async read(folder) {
    const homes = homesOf(folder, 'ioi', 'data')
    const twins = firstFile(homes, ['ioi_pairs.jsonl', 'ioi_llama.csv'])
    const single = firstFile(homes, ['ioi_prompts.jsonl', 'ioi.json'])
    if (!twins && !single) throw missing(folder, 'ioi', ['ioi_pairs.jsonl', 'ioi_llama.csv', 'ioi_prompts.jsonl'])
    return [...(twins ? twinTasks(twins) : []), ...(single ? [promptTask(single)] : [])]
  },
}

function twinTasks(path: string): Task[] {
  const rows = readRecords(path, pairRow)
  const task = (name: string, corrupt: 'corrupted' | 'corrupted_hard') =>
    taskOf(
      {
        name: `ioi/${name}`,
        form: 'next',
        metric: 'logit_diff',
        pairs: rows.map(r => ({ clean: r.clean, corrupt: r[corrupt], ...scored(r.clean, r.names) })),
      },
      path,
    )
  return [task('pairs', 'corrupted'), task('pairs_hard', 'corrupted_hard')]
}

function promptTask(path: string): Task {
  const prompts = readRecords(path, promptRow).map(r => ({ text: r.prompt, ...scored(r.prompt, r.names) }))
  return taskOf({ name: 'ioi/prompts', form: 'next', metric: 'logit_diff', prompts }, path)
}

interface Names {
  /** The indirect object, said once. */
  readonly once: string
  /** The subject, said twice. */
  readonly twice: string
}
const scored = (prompt: string, { once, twice }: Names) => ({
  answers: [continued(once)],
  distractors: [continued(twice)],
  template: prompt
    .replaceAll(once, () => '{A}')
    .replaceAll(twice, () => '{B}')
    .replace(/\b(an?|the) [a-z]+/gi, '$1 _'),
})

/** Names are capitalised words; without a given answer, those that do not begin a sentence. */
function namesOf(prompt: string, answer: string | undefined): Names | undefined {
  const words = prompt.match(/\p{Lu}[\p{L}'-]+/gu) ?? []
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  const twice = [...counts.keys()].filter(w => w !== answer && counts.get(w) === 2)
  const inside = prompt.match(/(?<=[^.!?\s]\s)\p{Lu}[\p{L}'-]+/gu) ?? []
  const once = answer === undefined ? [...new Set(inside)].filter(w => counts.get(w) !== 2) : [answer]
  const [object, subject] = [once[0], twice[0]]
  if (object === undefined || subject === undefined || once.length + twice.length !== 2) return undefined
  return { once: object, twice: subject }
}
