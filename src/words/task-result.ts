import { z } from 'zod'
import { measured } from './run.ts'
import { specSchema } from './spec.ts'
import { forms, taskMetrics } from './task.ts'

const count = z.number().int().nonnegative()
/** A mean over rows with its 95% interval, which is absent where fewer than two templates hold a value. */
const interval = z.strictObject({ mean: measured, low: measured.optional(), high: measured.optional(), n: count })
const about = { kind: z.literal('task'), id: z.string(), title: z.string() }

/** How a model does on one task. */
const taskMeasuredSchema = z.strictObject({
  ...about,
  form: z.enum(forms),
  metric: z.enum(taskMetrics),
  higherIsBetter: z.boolean(),
  /** Rows that the model was asked. */
  prompts: count,
  /** Rows that its tokenizer cannot be asked: one sentence each. */
  dropped: z.array(z.string()),
  /** What was left out in making the task. */
  notes: z.array(z.string()),
  /** Share of rows answered right, with its 95% interval; absent where right and wrong mean nothing. */
  accuracy: interval.optional(),
  /** The accuracy of a model that cannot tell the candidates apart. */
  chance: measured.optional(),
  /** Mean of the metric over the rows, with its 95% interval. */
  value: interval,
  /**
   * Whether the model can do the task: the interval of its accuracy lies above chance. Where it does not, causal
   * evidence on the task is not testable. Absent where there is no accuracy, and where the rows have fewer than six
   * templates: no choice of five or fewer says anything with 95% confidence.
   */
  can: z.boolean().optional(),
  spec: specSchema,
})
export type TaskMeasured = z.infer<typeof taskMeasuredSchema>

/** A task that a model cannot be asked at all, and why. */
const taskRefusedSchema = z.strictObject({ ...about, refused: z.string() })
export type TaskRefused = z.infer<typeof taskRefusedSchema>

/** One entry of the result of `tasks`. */
export const taskResultSchema = z.union([taskMeasuredSchema, taskRefusedSchema])
export type TaskResult = z.infer<typeof taskResultSchema>
