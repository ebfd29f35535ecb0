import type { Command } from 'commander'
import type { Headwise } from '../library/headwise.ts'
import { listOfPrompts } from '../library/prompts.ts'
import type { SubjectOptions } from '../library/subject.ts'
import type { Task } from '../words/task.ts'
import type { Context } from './context.ts'
import { exclusive, wrongInput } from './input.ts'
import { wholeNumber } from './options.ts'
import { promptOf } from './prompt.ts'
import { accuracyText, percent, taskNotes } from './task-notes.ts'

/** What the sweeps' command lines say of the task that is measured. */
export interface TaskArguments {
  readonly task?: string
  readonly data?: string
  readonly n?: number
  readonly seed?: number
  readonly explain?: boolean
}

export interface SubjectArguments extends TaskArguments {
  readonly tokens?: string
}

export const withTask = (command: Command): Command =>
  command
    .option('--task <task>', 'a built-in task, a task file, or one of --data')
    .option('--data <dir>', 'a folder of published data sets')
    .option('--n <rows>', 'most rows of the task (built-in ones: 50)', wholeNumber('--n', { from: 1, to: 1e6 }))

/** Tells where the model is not shown to do a task better than chance: what is changed in it then proves nothing. */
async function tellAbility(
  m: Headwise,
  id: string,
  task: Task,
  { seed = 0 }: TaskArguments,
  { signal, note }: Context,
) {
  const [result] = await m.tasks({ tasks: [task], n: (task.prompts ?? task.pairs).length, seed, signal })
  if (!result || 'refused' in result || result.can !== false || !result.accuracy) return
  note(
    `${id}: the model answers ${accuracyText(result.accuracy)} of these rows right, and ${percent(result.chance!)}% would be chance: causal evidence on a task that it is not shown to do is not testable.`,
  )
}

/** A task once a model is open: built-in ones are made for its tokenizer. */
export type GivenTask = (m: Headwise) => Promise<Task>

/** The task that `--task` names; names and files are judged here, before any model is opened. */
export async function givenTask(o: TaskArguments, context: Context): Promise<GivenTask> {
  const { signal, note } = context
  const { task: name, data, n, seed } = o
  if (name === undefined)
    throw wrongInput(
      'There is no task: give --task NAME (headwise tasks lists them) or a file.',
      '--task',
      'nothing',
      'a task',
    )
  const { resolveTask } = await import('../tasks/resolve.ts')
  const source = await resolveTask(name, { ...(data !== undefined && { data }), signal })
  return async m => {
    const { task, notes, dropped } = await source.make(await m.tokenizer(), {
      ...(n !== undefined && { n }),
      ...(seed !== undefined && { seed }),
      signal,
    })
    const kept = (task.prompts ?? task.pairs).length
    for (const text of taskNotes(source.id, { notes, dropped, kept })) note(text)
    if (!o.explain) await tellAbility(m, source.id, task, o, context)
    return task
  }
}

/** What is measured on, read before any model is opened as far as it can be. */
export async function givenSubject(
  text: string | undefined,
  o: SubjectArguments,
  context: Context,
): Promise<(m: Headwise) => Promise<SubjectOptions>> {
  exclusive({ TEXT: text, '--task': o.task })
  exclusive({ '--tokens': o.tokens, '--task': o.task })
  const common = { ...(o.seed !== undefined && { seed: o.seed }), signal: context.signal }
  if (o.task !== undefined) {
    const task = await givenTask(o, context)
    return async m => ({ ...common, task: await task(m) })
  }
  const { prompt, check } = await promptOf(text, { ...(o.tokens !== undefined && { tokens: o.tokens }) }, context)
  return async m => {
    check(m.config.vocab)
    return { ...common, prompts: listOfPrompts(prompt) }
  }
}
