import { setTimeout as wait } from 'node:timers/promises'
import type { Rows } from '../results/rows.ts'
import { HeadwiseError, throwIfAborted } from '../words/error.ts'
import { type Queue, queueServer } from './bullmq.ts'
import type { ExecuteOptions, Executor, Job } from './job.ts'
import { queueOf, ticketId, ticketText, unpackRows } from './ticket.ts'
import { unlessAborted, within } from './within.ts'

/** Parts that are in the queue at once: enough for many workers, few enough to look after. */
const WINDOW = 64
const POLL_MS = 250
/** How often a part that failed is sent again. */
const ATTEMPTS = 3
/** How long (ms) a queue that does not answer is waited for. */
const PATIENCE_MS = 600_000
/** How long (ms) parts lie before somebody is told that no worker takes them. */
const LONELY_MS = 10_000
const WITHDRAW_MS = 3000

const lost = (address: string, cause: unknown): HeadwiseError =>
  new HeadwiseError(
    `The queue at ${address} has not answered for ${PATIENCE_MS / 60_000} minutes (${String(cause)}); start it, and give the same command again.`,
    { code: 'queue-lost', fault: 'failed', where: '--queue', found: address },
    { cause },
  )

/** One job on its way through a queue. */
class Passage {
  readonly #failures = new Map<number, number>()
  readonly #waiting: Set<number> = new Set()
  readonly #text: string
  #next = 0

  constructor(
    readonly queue: Queue,
    readonly job: Job,
    readonly parts: readonly number[],
    readonly o: ExecuteOptions,
  ) {
    this.#text = ticketText(job.spec)
  }

  get open(): boolean {
    return this.#waiting.size > 0 || this.#next < this.parts.length
  }

  async #send(part: number): Promise<void> {
    this.#waiting.add(part)
    await this.queue.add('part', { spec: this.#text, part }, { jobId: ticketId(this.job.spec, part) })
  }

  /** Sends what fits into the window and collects what is done. Returns how many parts came. */
  async turn(): Promise<number> {
    while (this.#waiting.size < WINDOW && this.#next < this.parts.length) {
      const part = this.parts[this.#next]!
      await this.#send(part)
      this.#next++
    }
    let came = 0
    for (const part of this.#waiting) {
      throwIfAborted(this.o.signal)
      const id = ticketId(this.job.spec, part)
      const state = await this.queue.getJobState(id)
      if (state === 'completed') came += (await this.#collect(part, id)) ? 1 : 0
      else if (state === 'failed') await this.#again(part, id)
      else if (state === 'unknown') await this.#send(part)
    }
    return came
  }

  async #collect(part: number, id: string): Promise<boolean> {
    const done = await this.queue.getJob(id)
    if (!done) return false
    let rows: Rows
    try {
      rows = unpackRows(done.returnvalue, this.job.spec, part)
    } catch (error) {
      await this.#failed(part, id, String(error))
      return false
    }
    this.o.onPart(part, rows)
    this.#waiting.delete(part)
    await this.queue.remove(id)
    return true
  }

  async #again(part: number, id: string): Promise<void> {
    await this.#failed(part, id, (await this.queue.getJob(id))?.failedReason ?? 'for an unknown reason')
  }

  async #failed(part: number, id: string, reason: string): Promise<void> {
    const failures = (this.#failures.get(part) ?? 0) + 1
    this.#failures.set(part, failures)
    await this.queue.remove(id)
    if (failures < ATTEMPTS) return await this.#send(part)
    throw new HeadwiseError(`Part ${part} failed on ${ATTEMPTS} tries in the queue, at last with: ${reason}`, {
      ...{ code: 'part-failed', fault: 'failed', where: `part ${part}`, found: reason },
    })
  }

  /** Takes back what no worker has begun, where the server still answers. */
  async withdraw(): Promise<void> {
    const ids = [...this.#waiting].map(part => ticketId(this.job.spec, part))
    await within(WITHDRAW_MS, Promise.allSettled(ids.map(async id => await this.queue.remove(id))))
  }
}

/**
 * Parts computed by `headwise worker` on any number of machines. Nothing but the model's hash and the spec travels there,
 * and rows come back; only this side writes. A part whose worker falls silent goes to another after its lease, and one
 * that is computed twice has the same rows.
 */
export class QueueExecutor implements Executor {
  readonly #address: string
  constructor(address: string) {
    this.#address = address
  }

  async run(job: Job, parts: readonly number[], o: ExecuteOptions): Promise<void> {
    const server = await queueServer(this.#address)
    // Failed calls throw as well; what is only told here is a connection that comes back by itself.
    const { queue, close } = await server.queue(queueOf(job.spec.check.modelHash), () => undefined)
    const passage = new Passage(queue, job, parts, o)
    try {
      await this.#attend(passage, server.address, o)
    } catch (error) {
      await passage.withdraw()
      throw error
    } finally {
      await close()
    }
  }

  async #attend(passage: Passage, address: string, { signal, note }: ExecuteOptions): Promise<void> {
    let heard = performance.now()
    let moved = heard
    let silent = false
    while (passage.open) {
      throwIfAborted(signal)
      try {
        const came = await unlessAborted(passage.turn(), signal)
        heard = performance.now()
        if (silent) note?.(`The queue at ${address} answers again.`)
        silent = false
        if (came > 0) moved = heard
        else if (heard - moved > LONELY_MS) moved = await this.#lonely(passage, address, note)
      } catch (error) {
        if (error instanceof HeadwiseError) throw error
        if (performance.now() - heard > PATIENCE_MS) throw lost(address, error)
        if (!silent) note?.(`The queue at ${address} does not answer (${String(error)}); trying again.`)
        silent = true
      }
      if (passage.open) await wait(POLL_MS, undefined, { signal }).catch(() => undefined)
    }
  }

  /** Tells, once in a while, that nobody works. */
  async #lonely({ queue, job }: Passage, address: string, note: ExecuteOptions['note']): Promise<number> {
    if ((await queue.getWorkersCount()) === 0)
      note?.(
        `No worker has this model at ${address}; start one with: headwise worker MODEL --queue ${address} (model hash ${job.spec.check.modelHash.slice(0, 12)}…).`,
      )
    return performance.now() + 5 * LONELY_MS
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
