import { checkTask } from '../results/input.ts'
import { execute } from '../runs/execute.ts'
import { plan } from '../runs/plan.ts'
import { bootstrapMean } from '../statistics/bootstrap.ts'
import { chanceOf } from '../tasks/chance.ts'
import { accuracyOf, clustersOf, type PreparedTask, prepareTask } from '../tasks/prepare.ts'
import { allTasks, namedTasks } from '../tasks/resolve.ts'
import { given, type TaskSource } from '../tasks/source.ts'
import { HeadwiseError, throwIfAborted, type Watch } from '../words/error.ts'
import type { Task } from '../words/task.ts'
import type { TaskMeasured, TaskResult } from '../words/task-result.ts'
import { displayedResult } from './displayed.ts'
import type { Opened } from './open.ts'
import { specFor } from './spec.ts'

export interface TasksOptions extends Watch {
  /** Tasks, their sources or names: built-in ones, files, data sets. Default: all built-in tasks, and those of `data`. */
  readonly tasks?: readonly (string | Task | TaskSource)[]
  /** A folder of published data sets. */
  readonly data?: string
  /** Most rows of each task; default 50. */
  readonly n?: number
  readonly seed?: number
}

const ROWS = 50
/** Of k clusters all lie on one side of their median with probability 2^(1−k): above 5% for k < 6. */
const FEWEST = 6

/** Both preparations of a task as one list of samples, equal ones once. */
function joined(parts: readonly PreparedTask[]): { samples: PreparedTask['samples']; places: number[][] } {
  const known = new Map<string, number>()
  const samples: PreparedTask['samples'][number][] = []
  const places = parts.map(part =>
    part.samples.map(sample => {
      const key = JSON.stringify([sample.ids, sample.read])
      const place = known.get(key) ?? samples.push(sample) - 1
      known.set(key, place)
      return place
    }),
  )
  return { samples, places }
}

/** What every item of some preparations of a task comes to, in one sweep of clean passes. */
async function valuesOf(
  { engine, budget }: Opened,
  parts: readonly PreparedTask[],
  signal: AbortSignal | undefined,
): Promise<number[][]> {
  const { samples, places } = joined(parts)
  const readings = new Float64Array(samples.length)
  for await (const { sample, value } of execute(await plan(engine, samples, [], { budget }), { signal }))
    readings[sample] = value
  return parts.map(({ items }, p) => items.map(item => item.value(item.samples.map(s => readings[places[p]![s]!]!))))
}

async function measure(opened: Opened, source: TaskSource, o: TasksOptions): Promise<TaskMeasured> {
  const { n = ROWS, seed = 0, signal } = o
  const tokenizer = await opened.tokenizer()
  const { task, notes, dropped: drawnPast } = await source.make(tokenizer, { n, seed, signal })
  const prepared = await prepareTask(task, tokenizer)
  const dropped = [...drawnPast, ...prepared.dropped]
  const read = await accuracyOf(task, tokenizer)
  const [values, right] = await valuesOf(opened, read ? [prepared, read] : [prepared], signal)
  const accuracy = read && bootstrapMean(right!, { clusters: clustersOf(read), seed })
  const chance = read && chanceOf(read, opened.engine.config.vocab)
  const method = { id: 'task-accuracy', version: 1, parameters: {} }
  return {
    kind: 'task',
    id: source.id,
    title: source.title,
    form: task.form,
    metric: task.metric,
    higherIsBetter: prepared.higherIsBetter,
    prompts: prepared.items.length,
    dropped,
    notes: [...notes],
    ...(accuracy && chance !== undefined ? { accuracy, chance } : {}),
    ...(read && accuracy?.low !== undefined && new Set(clustersOf(read)).size >= FEWEST
      ? { can: accuracy.low > chance! }
      : {}),
    value: bootstrapMean(values!, { clusters: clustersOf(prepared), seed }),
    spec: await specFor(opened, { command: 'tasks', prompts: [], task, seed, method }, {}, dropped),
  }
}

async function sourcesOf(task: string | Task | TaskSource, o: TasksOptions): Promise<TaskSource[]> {
  if (typeof task === 'string') return await namedTasks(task, o)
  return 'make' in task ? [task] : [given(checkTask(task, 'task'), task.name)]
}

/** Refusals that concern this model's tokenizer and not the task: the task is listed with them. */
const UNFIT: readonly string[] = ['task-words', 'task-empty']

/** How well the model does on tasks: every one in its own metric, and as right or wrong beside chance. */
export async function measureTasks(opened: Opened, o: TasksOptions = {}): Promise<TaskResult[]> {
  const sources = o.tasks ? (await Promise.all(o.tasks.map(t => sourcesOf(t, o)))).flat() : await allTasks(o)
  const results: TaskResult[] = []
  for (const [done, source] of sources.entries()) {
    throwIfAborted(o.signal)
    o.onProgress?.({ what: 'tasks', done, total: sources.length })
    try {
      results.push(await measure(opened, source, o))
    } catch (error) {
      if (!(error instanceof HeadwiseError) || !UNFIT.includes(error.code)) throw error
      results.push({ kind: 'task', id: source.id, title: source.title, refused: error.message })
    }
  }
  o.onProgress?.({ what: 'tasks', done: sources.length, total: sources.length })
  return displayedResult(results)
}
