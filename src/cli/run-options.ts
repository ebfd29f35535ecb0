import type { Command } from 'commander'
import type { Sweep, SweepCut } from '../library/sweep.ts'
import type { Measured } from '../runs/plan.ts'
import type { Context } from './context.ts'
import { exclusive } from './input.ts'
import { type ModelOptions, wholeNumber } from './options.ts'

/** How a long job is carried out. */
export interface RunOptions {
  readonly run?: string
  readonly workers?: number
  readonly queue?: string
}

export const withRun = (command: Command): Command =>
  command
    .option('--run <dir>', 'keep finished parts in DIR; the same command again resumes')
    .option('--workers <n>', 'processes of one thread each', wholeNumber('--workers', { from: 1, to: 1024 }))
    .option('--queue <url>', 'let `headwise worker` processes compute: redis://… or postgres://…')

const isJob = ({ run, workers, queue }: RunOptions): boolean =>
  run !== undefined || workers !== undefined || queue !== undefined

/** Refuses what contradicts itself, before a model is opened. */
export async function checkRun(o: RunOptions & ModelOptions & { readonly explain?: boolean }): Promise<void> {
  exclusive({ '--workers': o.workers, '--queue': o.queue })
  for (const [name, value] of Object.entries({ '--run': o.run, '--workers': o.workers, '--queue': o.queue }))
    exclusive({ [name]: value, '--threads': o.threads })
  if (o.queue !== undefined) (await import('../jobs/bullmq.ts')).queueAddress(o.queue)
}

/** How the sweep is to be planned: long jobs in small parts. */
export const cutOf = (o: RunOptions): SweepCut => (isJob(o) ? { parts: 'small' } : {})

/** A job's numbers come from single-threaded engines, and its spec says so. */
export const modelOptionsOf = <T extends ModelOptions & RunOptions>(o: T): T => (isJob(o) ? { ...o, threads: 1 } : o)

/** Every reading of a sweep: computed here and now, or as the job that the options ask for. */
export async function readingsOf(
  sweep: Pick<Sweep, 'spec' | 'plan'>,
  o: RunOptions & ModelOptions,
  { signal, progress: onProgress, note }: Context,
): Promise<Measured[]> {
  if (!isJob(o)) return await (await import('../library/sweep.ts')).rowsOf(sweep.plan, { signal, onProgress })
  const { jobRows } = await import('../library/job.ts')
  const { run, workers, queue, acceptNonFinite } = o
  return await jobRows(sweep, { run, workers, queue, acceptNonFinite, signal, onProgress, note })
}
