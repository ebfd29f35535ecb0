import type { Executor } from '../jobs/job.ts'
import { LocalPool } from '../jobs/local-pool.ts'
import { runJob } from '../jobs/run-job.ts'
import type { Measured } from '../runs/plan.ts'
import type { Watch } from '../words/error.ts'
import type { Sweep } from './sweep.ts'

/** The module of an engine's process. The path holds in the package's folders and where the command's modules are joined. */
export const HOST_ENTRY = new URL('../library/host-entry.js', import.meta.url)

export interface JobOptions extends Watch {
  /** Keeps the parts that are done; the same sweep resumes there. */
  readonly run?: string | undefined
  /** Processes on this machine, with one thread each; default 1. */
  readonly workers?: number | undefined
  /** Address of a queue whose workers compute the parts instead. */
  readonly queue?: string | undefined
  readonly acceptNonFinite?: boolean | undefined
  readonly note?: ((text: string) => void) | undefined
}

async function executorOf({ queue, workers = 1, acceptNonFinite }: JobOptions): Promise<Executor> {
  if (queue === undefined) return new LocalPool({ entry: HOST_ENTRY, workers, acceptNonFinite })
  return new (await import('../jobs/queue.ts')).QueueExecutor(queue)
}

/**
 * Every reading of a sweep that was planned in small parts (`{ parts: 'small' }`), computed part by part in processes of
 * their own: the same numbers, bit for bit, for any number of workers and however often it was stopped.
 */
export async function jobRows({ spec, plan }: Pick<Sweep, 'spec' | 'plan'>, o: JobOptions): Promise<Measured[]> {
  await using executor = await executorOf(o)
  const { signal, onProgress, note, run: folder } = o
  const parts = await runJob({ spec, parts: plan.parts.length }, { executor, folder, signal, onProgress, note })
  return parts.flatMap(({ run, sample, value }, part) =>
    Array.from(value, (x, i) => ({ run: run[i]!, sample: sample[i]!, value: x, part })),
  )
}
