import { randomBytes } from 'node:crypto'
import { faultOf, type ServiceFault } from '../service/fault.ts'
import type { Answer } from '../service/frame.ts'
import { HeadwiseError } from '../words/error.ts'
import type { Told } from './task.ts'

/** How long (ms) a job goes on while nobody follows it, and how long its result is kept. */
const ABANDONED_AFTER = 15_000
const KEPT_FOR = 120_000
/** Finished jobs that are kept, and bytes of their results. */
const MOST_FINISHED = 32
const MOST_BYTES = 128 * 2 ** 20
/** Jobs that may be open for one server. */
const MOST_OPEN = 64

export type JobState = 'open' | 'done' | 'failed' | 'cancelled'
export type JobEvent = { readonly id: number } & (
  | Exclude<Told, { note: string }>
  | { readonly done: { readonly result: boolean } }
  | { readonly error: ServiceFault }
)

const unknown = (where: string, found: string): HeadwiseError =>
  new HeadwiseError(`There is no ${where === 'job' ? 'such job' : 'such event of this job'}.`, {
    code: `${where}-unknown`,
    fault: 'usage',
    where,
    found,
  })

/** One piece of long work, its events so far, and whoever follows it. */
export class Job {
  readonly id = randomBytes(12).toString('base64url')
  readonly #stop = new AbortController()
  readonly #events: JobEvent[] = []
  readonly #followers = new Set<() => void>()
  #following = 0
  #last = 0
  #abandoned: NodeJS.Timeout | undefined
  state: JobState = 'open'
  answer: Answer | undefined

  constructor(
    readonly client: string,
    readonly verb: string,
  ) {
    this.#watchOver()
  }

  get signal(): AbortSignal {
    return this.#stop.signal
  }

  tell(told: Told): void {
    if ('note' in told || this.state !== 'open') return
    // Of progress only the newest is worth telling, also to those who come back.
    if ('progress' in told) {
      const at = this.#events.findIndex(e => 'progress' in e)
      if (at >= 0) this.#events.splice(at, 1)
    }
    this.#add(told)
  }

  end(answer: Answer | null): void {
    if (this.state !== 'open') return
    this.state = 'done'
    this.answer = answer ?? undefined
    this.#add({ done: { result: answer !== null } })
  }

  fail(error: unknown): void {
    if (this.state !== 'open') return
    this.state = 'failed'
    this.#add({ error: faultOf(error) })
  }

  /** Stops the work; once it has ended there is nothing to stop. */
  cancel(): void {
    if (this.state !== 'open') return
    this.state = 'cancelled'
    this.#stop.abort()
    this.#add({ error: { code: 'cancelled', message: 'The job was cancelled.', fault: 'interrupted' } })
  }

  #add(event: object): void {
    this.#events.push({ id: ++this.#last, ...event } as JobEvent)
    for (const tell of this.#followers) tell()
  }

  /** Events after the given one, old and new, until the last. Throws `event-unknown` for an id that never was. */
  follow(after: number, signal: AbortSignal): AsyncGenerator<JobEvent> {
    if (!Number.isSafeInteger(after) || after < 0 || after > this.#last) throw unknown('event', String(after))
    return this.#follow(after, signal)
  }

  async *#follow(after: number, signal: AbortSignal): AsyncGenerator<JobEvent> {
    this.#following++
    clearTimeout(this.#abandoned)
    let wake = (): void => undefined
    const tell = (): void => wake()
    this.#followers.add(tell)
    signal.addEventListener('abort', tell)
    try {
      for (let seen = after; !signal.aborted; ) {
        const event = this.#events.find(e => e.id > seen)
        if (event) {
          seen = event.id
          yield event
        } else if (this.state !== 'open') return
        else
          await new Promise<void>(resolve => {
            wake = resolve
          })
      }
    } finally {
      signal.removeEventListener('abort', tell)
      this.#followers.delete(tell)
      this.#following--
      this.#watchOver()
    }
  }

  #watchOver(): void {
    if (this.#following > 0) return
    clearTimeout(this.#abandoned)
    this.#abandoned = setTimeout(() => this.cancel(), ABANDONED_AFTER)
    this.#abandoned.unref()
  }
}

/** The jobs of every client; nobody learns of another's. */
export class Jobs {
  readonly #jobs = new Map<string, Job>()

  /** Begins a job; `work` may throw at once. Throws `busy` when too many are open. */
  start(client: string, verb: string, work: (job: Job) => Promise<Answer | null>): Job {
    const open = [...this.#jobs.values()].filter(j => j.state === 'open').length
    if (open >= MOST_OPEN)
      throw new HeadwiseError(`${open} jobs are open already; try again when some have ended.`, {
        code: 'busy',
        fault: 'failed',
        where: 'jobs',
        found: open,
        allowed: MOST_OPEN,
      })
    const job = new Job(client, verb)
    let ended: Promise<Answer | null>
    try {
      ended = work(job)
    } catch (error) {
      job.cancel()
      throw error
    }
    this.#jobs.set(job.id, job)
    void ended
      .then(
        answer => job.end(answer),
        (error: unknown) => job.fail(error),
      )
      .finally(() => this.#forget(job))
    return job
  }

  /** Throws `job-unknown`, also for a job of somebody else. */
  find(client: string, id: string): Job {
    const job = this.#jobs.get(id)
    if (job?.client !== client) throw unknown('job', id)
    return job
  }

  /** What has ended is kept for a while, as far as there is room; the newest always. */
  #forget(job: Job): void {
    setTimeout(() => this.#jobs.delete(job.id), KEPT_FOR).unref()
    let [count, bytes] = [0, 0]
    for (const old of [...this.#jobs.values()].reverse()) {
      if (old.state === 'open') continue
      bytes += old.answer?.bytes.byteLength ?? 0
      if (++count > 1 && (count > MOST_FINISHED || bytes > MOST_BYTES)) this.#jobs.delete(old.id)
    }
  }

  close(): void {
    for (const job of this.#jobs.values()) job.cancel()
  }
}
