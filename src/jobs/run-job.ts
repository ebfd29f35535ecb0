import type { Rows } from '../results/rows.ts'
import { RunFolder, type RunFolderOptions } from '../results/run-folder.ts'
import { HeadwiseError, type Watch } from '../words/error.ts'
import type { Executor, Job } from './job.ts'

export interface RunJobOptions extends Watch, Omit<RunFolderOptions, 'signal'> {
  readonly executor: Executor
  /** Keeps the parts, and resumes from those that are there. */
  readonly folder?: string | undefined
}

/** Where the rows of parts go, and come from when all are there. */
interface Store {
  missing(): number[]
  put(part: number, rows: Rows): void
  rows(): Iterable<Rows>
}

function inMemory(parts: number): Store {
  const all: (Rows | undefined)[] = Array.from({ length: parts })
  return {
    missing: () => [...all.keys()],
    put: (part, rows) => {
      all[part] = rows
    },
    rows: () => all.map(rows => rows!),
  }
}

const resumable = (folder: string, done: number, total: number): HeadwiseError =>
  new HeadwiseError(`Interrupted with ${done} of ${total} parts in ${folder}; the same command resumes there.`, {
    code: 'interrupted',
    fault: 'interrupted',
    file: folder,
    found: done,
    allowed: total,
  })

/** Computes what a store misses. Returns how many parts it holds then. */
async function complete(job: Job, store: Store, o: RunJobOptions): Promise<void> {
  const missing = store.missing()
  let done = job.parts - missing.length
  const tell = (): void => o.onProgress?.({ what: 'parts', done, total: job.parts })
  if (done > 0 && missing.length > 0) o.note?.(`${o.folder} holds ${done} of ${job.parts} parts; the others follow.`)
  if (missing.length === 0) return
  tell()
  try {
    await o.executor.run(job, missing, {
      signal: o.signal,
      note: o.note,
      onPart: (part, rows) => {
        store.put(part, rows)
        done++
        tell()
      },
    })
  } catch (error) {
    const stopped = error instanceof HeadwiseError && error.fault === 'interrupted'
    throw stopped && o.folder !== undefined ? resumable(o.folder, done, job.parts) : error
  }
}

/**
 * Computes a job by its parts and returns their rows, in the order of the parts: the same whatever was there before, how
 * many workers there are, and how often it was stopped. With a folder every part is on the disk before the next is
 * counted, and what an earlier call finished is not computed again.
 */
export async function runJob(job: Job, o: RunJobOptions): Promise<Rows[]> {
  if (o.folder === undefined) {
    const store = inMemory(job.parts)
    await complete(job, store, o)
    return [...store.rows()]
  }
  using folder = await RunFolder.open(o.folder, job.spec, job.parts, o)
  await complete(job, folder, o)
  return [...folder.rows()]
}
