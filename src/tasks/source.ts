import { createRandom } from '../statistics/random.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import type { Task } from '../words/task.ts'

export interface MakeOptions {
  /** Most rows. Default: 50 where rows are generated, else all. */
  readonly n?: number
  /** Seed of what is drawn; default 0. */
  readonly seed?: number
}

/** A task for one tokenizer, and what its user should know about how it was made. */
export interface MadeTask<T extends Task = Task> {
  readonly task: T
  readonly notes: readonly string[]
}

/** Something that a task comes from: a generator, a file, a data set. */
export interface TaskSource {
  /** What `--task` calls it. */
  readonly id: string
  readonly title: string
  /** May throw `task-words` where the task cannot be put to the tokenizer at all. */
  make(tokenizer: Tokenizer, o?: MakeOptions): Promise<MadeTask>
}

/** At most n rows of a task, drawn at random and left in their order. */
export function someRows(task: Task, n: number, seed: number): Task {
  const rows: readonly unknown[] = task.prompts ?? task.pairs
  if (rows.length <= n) return task
  const kept = createRandom(seed).fork(`rows of ${task.name}`).sample(rows.length, n)
  const some = kept.sort((a, b) => a - b).map(i => rows[i])
  return { ...task, [task.prompts ? 'prompts' : 'pairs']: some } as Task
}

/** A task that is there already. */
export const given = (task: Task, title: string, id = task.name): TaskSource => ({
  id,
  title,
  make: async (_, { n, seed = 0 } = {}) => {
    if (n === undefined) return { task, notes: [] }
    const some = someRows(task, n, seed)
    const [all, left] = [task, some].map(t => (t.prompts ?? t.pairs).length) as [number, number]
    return { task: some, notes: left < all ? [`${left} of ${all} rows drawn`] : [] }
  },
})
