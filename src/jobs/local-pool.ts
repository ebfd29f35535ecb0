import type { Rows } from '../results/rows.ts'
import { Host } from '../runtime/host.ts'
import { HeadwiseError, throwIfAborted } from '../words/error.ts'
import type { ExecuteOptions, Executor, Job, PartTask } from './job.ts'

/** How often a part is begun again after its process died. */
const ATTEMPTS = 3

export interface PoolOptions {
  /** The module that computes parts in a process of its own (`serveHost`). */
  readonly entry: URL
  readonly workers: number
  /** Where the model lies; default as the spec says. */
  readonly model?: string | undefined
  readonly acceptNonFinite?: boolean | undefined
}

const isDeath = (error: unknown): boolean => error instanceof HeadwiseError && error.code === 'host-died'

const gaveUp = (part: number, error: HeadwiseError): HeadwiseError =>
  new HeadwiseError(`Part ${part} ended its process ${ATTEMPTS} times and was given up: ${error.message}`, {
    code: 'part-crashed',
    fault: 'failed',
    where: `part ${part}`,
    found: error.found,
  })

/**
 * Processes on this machine, each with a single-threaded engine, so that the bytes of a result do not depend on how
 * many there are; all of them map the same file of weights. One that dies costs the part that it was at: another is
 * started in its place.
 */
export class LocalPool implements Executor {
  readonly #o: PoolOptions
  readonly #hosts = new Map<number, Host>()

  constructor(o: PoolOptions) {
    this.#o = o
  }

  async run(job: Job, parts: readonly number[], o: ExecuteOptions): Promise<void> {
    const todo = parts.values()
    const stop = new AbortController()
    const signal = o.signal ? AbortSignal.any([o.signal, stop.signal]) : stop.signal
    const work = async (worker: number): Promise<void> => {
      for (const part of todo) o.onPart(part, await this.compute(job, part, { worker, signal, note: o.note }))
    }
    const workers = Array.from({ length: Math.min(this.#o.workers, parts.length) }, (_, worker) =>
      work(worker).catch((error: unknown) => {
        stop.abort()
        throw error
      }),
    )
    const ends = await Promise.allSettled(workers)
    throwIfAborted(o.signal)
    // The first to fail stopped the others: their interrupts are not the reason.
    const reasons = ends.flatMap(end => (end.status === 'rejected' ? [end.reason as unknown] : []))
    const cause = reasons.find(r => !(r instanceof HeadwiseError && r.fault === 'interrupted')) ?? reasons[0]
    if (cause !== undefined) throw cause
  }

  /** One part, by one of the processes. */
  async compute(
    { spec }: Pick<Job, 'spec'>,
    part: number,
    o: { readonly worker: number; readonly signal?: AbortSignal | undefined; readonly note?: ExecuteOptions['note'] },
  ): Promise<Rows> {
    const model = this.#o.model ?? spec.request.model
    const task: PartTask = { spec, part, model, acceptNonFinite: this.#o.acceptNonFinite ?? false }
    for (let attempt = 1; ; attempt++) {
      try {
        return (await this.#host(o.worker).call(task, { signal: o.signal })) as Rows
      } catch (error) {
        if (!isDeath(error)) throw error
        if (attempt === ATTEMPTS) throw gaveUp(part, error as HeadwiseError)
        o.note?.(`${(error as HeadwiseError).message} Part ${part} is begun again.`)
      }
    }
  }

  #host(worker: number): Host {
    const there = this.#hosts.get(worker)
    if (there?.alive) return there
    const host = new Host(this.#o.entry)
    this.#hosts.set(worker, host)
    return host
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#hosts.values()].map(async host => await host[Symbol.asyncDispose]()))
    this.#hosts.clear()
  }
}
