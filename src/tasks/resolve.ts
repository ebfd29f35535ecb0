import { existsSync } from 'node:fs'
import { readBounded } from '../checkpoint/files.ts'
import { MAX_INPUT_BYTES, parseTask } from '../results/input.ts'
import { HeadwiseError } from '../words/error.ts'
import { nearest } from '../words/nearest.ts'
import { builtinTasks } from './builtin/index.ts'
import { readers, readersIn } from './readers/index.ts'
import { given, type TaskSource } from './source.ts'

export interface ResolveOptions {
  /** A folder of published data sets, or of one: see `docs/data.md`. */
  readonly data?: string
  readonly signal?: AbortSignal | undefined
}

const unknown = (name: string, known: readonly string[], what: string): HeadwiseError => {
  const near = nearest(name, known)
  const which = near.length > 1 ? `the nearest are ${near.join(', ')}` : `the nearest is ${near.join()}`
  return new HeadwiseError(`There is no task ${JSON.stringify(name)} ${what}; ${which}.`, {
    code: 'task-name',
    fault: 'usage',
    where: 'task',
    found: name,
    allowed: known,
  })
}

/** The tasks of one data set, under their own names (`reader/part`). */
async function partsOf(id: string, { data, signal }: ResolveOptions): Promise<TaskSource[]> {
  const reader = readers.find(r => r.id === id)!
  const tasks = await reader.read(data!, { signal })
  return tasks.map(task => given(task, reader.title))
}

/** Every task that can be had: the built-in ones, then those of the data sets that lie in the folder. */
export async function allTasks(o: ResolveOptions = {}): Promise<TaskSource[]> {
  const found: TaskSource[] = [...builtinTasks]
  if (o.data === undefined) return found
  const held = readersIn(o.data)
  if (held.length === 0) {
    const ids = readers.map(r => r.id)
    throw new HeadwiseError(`${o.data} holds no data set that headwise reads; known: ${ids.join(', ')}.`, {
      code: 'task-data',
      fault: 'usage',
      file: o.data,
      where: '--data',
      found: 'no data set',
      allowed: ids,
    })
  }
  for (const { id } of held) found.push(...(await partsOf(id, o)))
  return found
}

/**
 * The tasks that a name stands for: a built-in one; with `data`, a data set (`blimp`: all its tasks) or one task of it
 * (`blimp:name` or `blimp/name`); else the task in the file of that name. An unknown name is refused with the nearest
 * ones. Files are read and judged here, before any model is needed.
 */
export async function namedTasks(name: string, o: ResolveOptions = {}): Promise<TaskSource[]> {
  const builtin = builtinTasks.find(t => t.id === name)
  if (builtin) return [builtin]
  const [set, part] = /^([^:/]+)(?:[:/](.+))?$/.exec(name)?.slice(1) ?? []
  if (o.data !== undefined && readers.some(r => r.id === set)) {
    const parts = await partsOf(set!, o)
    if (part === undefined) return parts
    const found = parts.find(t => t.id === `${set}/${part}`)
    if (found) return [found]
    const ids = parts.map(t => t.id)
    throw unknown(`${set}/${part}`, ids, `in ${o.data}`)
  }
  if (!existsSync(name) && !/[/\\]|\.json$/.test(name)) {
    const sets = o.data === undefined ? [] : readers.map(r => r.id)
    throw unknown(name, [...builtinTasks.map(t => t.id), ...sets], 'and no file of that name')
  }
  const task = parseTask(readBounded(name, MAX_INPUT_BYTES), name)
  return [given(task, `from ${name}`)]
}

/** The one task that a name stands for; a data set of several tasks is refused with their names. */
export async function resolveTask(name: string, o: ResolveOptions = {}): Promise<TaskSource> {
  const [first, ...others] = await namedTasks(name, o)
  if (first && others.length === 0) return first
  const ids = [first!, ...others].map(t => t.id)
  throw new HeadwiseError(
    `${name} holds ${ids.length} tasks; give one of them: ${ids.slice(0, 3).join(', ')}${ids.length > 3 ? ', …' : ''}.`,
    { code: 'task-several', fault: 'usage', where: 'task', found: name, allowed: ids },
  )
}
