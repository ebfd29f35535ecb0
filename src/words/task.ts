import { z } from 'zod'

const texts = z.array(z.string().min(1))
const item = {
  answers: texts.nonempty(),
  distractors: texts.optional(),
  template: z.string().optional(),
}
const prompt = z.strictObject({ text: z.string().min(1), ...item })
const pair = z.strictObject({ clean: z.string().min(1), corrupt: z.string().min(1), ...item })
const head = {
  name: z.string().min(1),
  form: z.enum(['next', 'sequence', 'pair']),
  metric: z.enum(['logit_diff', 'prob_diff', 'sequence_logprob', 'loss', 'kl', 'accuracy']),
}

/** Metrics that compare the answers with something. */
const comparing: readonly string[] = ['logit_diff', 'prob_diff']

interface Rows {
  readonly metric: string
  readonly pairs?: readonly z.infer<typeof pair>[]
  readonly prompts?: readonly z.infer<typeof prompt>[]
}
const rowsMakeSense = (task: Rows, context: z.core.$RefinementCtx): void => {
  const [list, rows] = task.pairs ? ['pairs', task.pairs] : ['prompts', task.prompts ?? []]
  for (const [i, { answers, distractors = [] }] of rows.entries()) {
    const path = [list, i, 'distractors']
    const shared = distractors.find(d => answers.includes(d))
    if (shared !== undefined)
      context.addIssue({ code: 'custom', path, message: `must not hold the answer ${JSON.stringify(shared)}` })
    else if (distractors.length === 0 && comparing.includes(task.metric))
      context.addIssue({ code: 'custom', path, message: `must be given for the metric ${task.metric}` })
  }
}

/** Prompts with answers, and the metric that tells how well the model does on them (DESIGN: task file). */
export const taskSchema = z
  .union([
    z.strictObject({ ...head, pairs: z.array(pair).nonempty() }),
    z.strictObject({ ...head, prompts: z.array(prompt).nonempty() }),
  ])
  .superRefine(rowsMakeSense)
export type Task = z.infer<typeof taskSchema>
