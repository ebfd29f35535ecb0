import { z } from 'zod'

const texts = z.array(z.string().min(1))
const template = z.string().optional()
const scored = { answers: texts.nonempty(), distractors: texts.optional(), template }
const prompt = z.strictObject({ text: z.string().min(1), ...scored })
const sides = { clean: z.string().min(1), corrupt: z.string().min(1) }
const pair = z.strictObject({ ...sides, ...scored })
const compared = z.strictObject({ ...sides, template })
/** A pair before it is known whether its task's form has answers. */
const anyPair = z.strictObject({ ...sides, ...scored, answers: scored.answers.optional() })

export const taskMetrics = ['logit_diff', 'prob_diff', 'sequence_logprob', 'loss', 'kl', 'accuracy'] as const
export const forms = ['next', 'sequence', 'pair'] as const
const head = { name: z.string().min(1), form: z.enum(forms), metric: z.enum(taskMetrics) }

type Metric = (typeof taskMetrics)[number]
/** `next`: answers of one token after the text. `sequence`: answers of one token or more. */
type AnswerForm =
  | { readonly form: 'next'; readonly metric: Metric }
  | { readonly form: 'sequence'; readonly metric: 'sequence_logprob' | 'accuracy' }
type Rows<T> = readonly [T, ...T[]]

/**
 * Prompts with answers, and the metric that tells how well the model does on them (DESIGN: task file). The form `pair`
 * has no answers: two whole texts are compared, of which the model should find `clean` the likelier.
 * `template` names what rows have in common: intervals draw whole templates.
 */
export type Task = { readonly name: string } & (
  | (AnswerForm & { readonly prompts: Rows<z.infer<typeof prompt>>; readonly pairs?: never })
  | (AnswerForm & { readonly pairs: Rows<z.infer<typeof pair>>; readonly prompts?: never })
  | {
      readonly form: 'pair'
      readonly metric: 'sequence_logprob' | 'accuracy'
      readonly pairs: Rows<z.infer<typeof compared>>
      readonly prompts?: never
    }
)

const written = z.union([
  z.strictObject({ ...head, pairs: z.array(anyPair).nonempty() }),
  z.strictObject({ ...head, prompts: z.array(prompt).nonempty() }),
])
type Written = z.infer<typeof written>

const whole: readonly Metric[] = ['sequence_logprob', 'accuracy']
/** Metrics that compare the answers with something; an accuracy over whole sequences cannot look at every other one. */
const comparing = ({ form, metric }: Written): boolean =>
  metric === 'logit_diff' || metric === 'prob_diff' || (form === 'sequence' && metric === 'accuracy')

const makesSense = (task: Written, context: z.core.$RefinementCtx): void => {
  const { form, metric } = task
  const [list, rows] = 'pairs' in task ? ['pairs', task.pairs] : ['prompts', task.prompts]
  const refuse = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message })
  if (form === 'pair' && list === 'prompts') refuse(['form'], 'needs `pairs` of two texts, clean and corrupt')
  if (form !== 'next' && !whole.includes(metric))
    refuse(['metric'], `must be ${whole.join(' or ')} for the form ${form}`)
  for (const [i, row] of rows.entries()) {
    const at = (field: string) => [list!, i, field]
    const { answers, distractors = [] } = row
    if (form === 'pair') {
      const extra = answers ? 'answers' : row.distractors ? 'distractors' : undefined
      if (extra) refuse(at(extra), 'must be left out: the form pair compares the two texts themselves')
      if ('clean' in row && row.clean === row.corrupt) refuse(at('corrupt'), 'must differ from the clean text')
      continue
    }
    if (answers === undefined) {
      refuse(at('answers'), `one text or more for the form ${form}`)
      continue
    }
    const shared = distractors.find(d => answers.includes(d))
    if (shared !== undefined) refuse(at('distractors'), `must not hold the answer ${JSON.stringify(shared)}`)
    else if (distractors.length === 0 && comparing(task))
      refuse(at('distractors'), `${row.distractors ? 'must hold ' : ''}one text or more for the metric ${metric}`)
  }
}

/** Reads a task; what makes no sense is refused by the row that it stands in. */
export const taskSchema = written.superRefine(makesSense).transform(task => task as Task)
