import type { Task } from '../words/task.ts'

/** Which text of a pair is run. */
export type Side = 'clean' | 'corrupt'

/** A row of a task with answers: the text on the side that is run, and the text of the other side where there is one. */
export interface AnsweredRow {
  readonly text: string
  readonly other?: string | undefined
  readonly answers: readonly string[]
  readonly distractors: readonly string[]
}

/** The rows of a task with answers, as one side of its pairs gives them. */
export const answeredRows = (task: Exclude<Task, { form: 'pair' }>, side: Side): AnsweredRow[] =>
  task.prompts
    ? task.prompts.map(({ text, answers, distractors = [] }) => ({ text, answers, distractors }))
    : task.pairs.map(({ clean, corrupt, answers, distractors = [] }) => {
        const [text, other] = side === 'clean' ? [clean, corrupt] : [corrupt, clean]
        return { text, other, answers, distractors }
      })

/** The template of every row. */
export const templatesOf = ({ prompts, pairs }: Task): (string | undefined)[] =>
  (prompts ?? pairs).map(({ template }) => template)

/** How messages name a row: `prompts[3]`. */
export const rowName = ({ prompts }: Task, row: number): string => `${prompts ? 'prompts' : 'pairs'}[${row}]`
