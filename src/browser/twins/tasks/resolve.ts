import { builtinTasks } from '../../../tasks/builtin/index.ts'
import type { ResolveOptions } from '../../../tasks/resolve.ts'
import type { TaskSource } from '../../../tasks/source.ts'
import { HeadwiseError } from '../../../words/error.ts'
import { nearest } from '../../../words/nearest.ts'

/** The browser's twin of src/tasks/resolve.ts: there are no files, so that every task is a built-in one. */
export const allTasks = async (_o: ResolveOptions = {}): Promise<TaskSource[]> => [...builtinTasks]

export async function resolveTask(name: string, _o: ResolveOptions = {}): Promise<TaskSource> {
  const task = builtinTasks.find(t => t.id === name)
  if (task) return task
  const known = builtinTasks.map(t => t.id)
  const near = nearest(name, known).join(', ')
  throw new HeadwiseError(`There is no built-in task ${JSON.stringify(name)}; nearest: ${near}.`, {
    code: 'task-name',
    fault: 'usage',
    where: 'task',
    found: name,
    allowed: known,
  })
}

export const namedTasks = async (name: string, o: ResolveOptions = {}): Promise<TaskSource[]> => [
  await resolveTask(name, o),
]
