import { z } from 'zod'

const answers = z.array(z.string().min(1)).nonempty()
const prompt = z.strictObject({
  text: z.string().min(1),
  answers,
  distractors: z.array(z.string().min(1)).optional(),
  template: z.string().optional(),
})
const pair = z.strictObject({
  clean: z.string().min(1),
  corrupt: z.string().min(1),
  answers,
  distractors: z.array(z.string().min(1)).optional(),
  template: z.string().optional(),
})
const head = {
  name: z.string().min(1),
  form: z.enum(['next', 'sequence', 'pair']),
  metric: z.enum(['logit_diff', 'prob_diff', 'sequence_logprob', 'loss', 'kl', 'accuracy']),
}

/** Prompts with answers, and the metric that tells how well the model does on them (DESIGN: task file). */
export const taskSchema = z.union([
  z.strictObject({ ...head, pairs: z.array(pair).nonempty() }),
  z.strictObject({ ...head, prompts: z.array(prompt).nonempty() }),
])
export type Task = z.infer<typeof taskSchema>
