import type { PatchPair } from '../causal/patching.ts'
import { prepareTask, type TaskItem, type TaskSample } from '../tasks/prepare.ts'
import { HeadwiseError } from '../words/error.ts'
import type { Task } from '../words/task.ts'
import type { Opened } from './open.ts'

/** A pair of a task as it is patched: the run that is changed and the run whose values it gets. */
export interface TaskPair extends PatchPair {
  readonly sample: TaskSample
  readonly sourceText: string
}

export interface TaskPairs {
  readonly pairs: readonly TaskPair[]
  /** Items over `pairs`. */
  readonly items: readonly TaskItem[]
  readonly dropped: readonly string[]
}

/** Metrics that say nothing of how like the clean run a patched one is: their value on the two texts does not compare. */
const WITHOUT_RECOVERY: readonly Task['metric'][] = ['loss', 'kl']

/** The pairs of a task: the `base` side is run and gets values of the other. Equal pairs are run once. */
export async function taskPairs(opened: Opened, task: Task, base: 'clean' | 'corrupt'): Promise<TaskPairs> {
  if (WITHOUT_RECOVERY.includes(task.metric))
    throw new HeadwiseError(
      `The task "${task.name}" is measured by ${task.metric}, which does not compare the two texts of a pair; patching takes logit_diff, prob_diff, sequence_logprob or accuracy.`,
      {
        code: 'patch-metric',
        fault: 'usage',
        where: 'metric',
        found: task.metric,
        allowed: 'logit_diff, prob_diff, sequence_logprob, accuracy',
      },
    )
  const tokenizer = await opened.tokenizer()
  const run = await prepareTask(task, tokenizer, base)
  const other = await prepareTask(task, tokenizer, base === 'clean' ? 'corrupt' : 'clean')
  const sources = new Map(other.items.map(item => [item.row, item]))
  const places = new Map<string, number>()
  const pairs: TaskPair[] = []
  const items = run.items.flatMap((item): TaskItem[] => {
    const source = sources.get(item.row)
    if (!source) return []
    const samples = item.samples.map((s, k) => {
      const from = source.samples[k]!
      const known = places.get(`${s} ${from}`)
      if (known !== undefined) return known
      places.set(`${s} ${from}`, pairs.length)
      const { ids, text } = other.samples[from]!
      return pairs.push({ sample: run.samples[s]!, source: ids, sourceText: text, name: `pairs[${item.row}]` }) - 1
    })
    return [{ ...item, samples, value: of => item.value(of) }]
  })
  return { pairs, items, dropped: run.dropped }
}
