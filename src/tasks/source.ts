import { createRandom } from '../statistics/random.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import { throwIfAborted } from '../words/error.ts'
import type { Task } from '../words/task.ts'
import { tick } from '../words/tick.ts'
import { emptyTask, leftOut } from './prepare.ts'
import { rowName } from './rows.ts'

export interface MakeOptions {
  /** Most rows. Default: 50 where rows are generated, else all. */
  readonly n?: number
  /** Seed of what is drawn; default 0. */
  readonly seed?: number
  readonly signal?: AbortSignal | undefined
}

/** A task for one tokenizer, and what its user should know about how it was made. */
export interface MadeTask<T extends Task = Task> {
  readonly task: T
  readonly notes: readonly string[]
  /** Rows that were drawn and that the tokenizer cannot be asked: one sentence each. */
  readonly dropped: readonly string[]
}

/** Something that a task comes from: a generator, a file, a data set. */
export interface TaskSource {
  /** What `--task` calls it. */
  readonly id: string
  readonly title: string
  /** May throw `task-words` or `task-empty` where the task cannot be put to the tokenizer at all. */
  make(tokenizer: Tokenizer, o?: MakeOptions): Promise<MadeTask>
}

/** A task with only some of its rows, which keep their order. */
const withRows = (task: Task, rows: readonly number[]): Task => {
  const all: readonly unknown[] = task.prompts ?? task.pairs
  return { ...task, [task.prompts ? 'prompts' : 'pairs']: rows.map(i => all[i]) } as Task
}

/**
 * At most n rows of a task that the tokenizer can be asked, drawn at random. Rows that it cannot be asked are drawn
 * past, and told of by the place that they have in the task. Throws `task-empty` when there is no other.
 */
async function drawn(
  task: Task,
  n: number,
  tokenizer: Tokenizer,
  { seed = 0, signal }: MakeOptions,
): Promise<MadeTask> {
  const rows = task.prompts ?? task.pairs
  if (rows.length <= n) return { task, notes: [], dropped: [] }
  const order = createRandom(seed).fork(`rows of ${task.name}`).sample(rows.length, rows.length)
  const kept: number[] = []
  const dropped: string[] = []
  for (const row of order) {
    if (kept.length === n) break
    throwIfAborted(signal)
    await tick()
    const why = await leftOut(withRows(task, [row]), tokenizer)
    if (why === undefined) kept.push(row)
    else dropped.push(`${rowName(task, row)}: ${why}`)
  }
  if (kept.length === 0) throw emptyTask(task, dropped[0])
  return {
    task: withRows(
      task,
      kept.sort((a, b) => a - b),
    ),
    dropped,
    notes: [`${kept.length} of ${rows.length} rows drawn`],
  }
}

/** A task that is there already. */
export const given = (task: Task, title: string, id = task.name): TaskSource => ({
  id,
  title,
  make: async (tokenizer, o = {}) =>
    o.n === undefined ? { task, notes: [], dropped: [] } : await drawn(task, o.n, tokenizer, o),
})
