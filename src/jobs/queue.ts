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
const WITHDRAW_MS = 2000

const lost = (address: string, cause: unknown): HeadwiseError =>
  new HeadwiseError(
    `The queue at ${address} has not answered for ${PATIENCE_MS / 60_000} minutes (${String(cause)}); start it, and give the same command again.`,
    { code: 'queue-lost', fault: 'failed', where: '--queue', found: address },
    { cause },
  )

/** Tells once that a server went silent, and once that it is back. */
class Silence {
  #told = false
  constructor(
    readonly address: string,
    readonly note: ExecuteOptions['note'],
  ) {}

  begin(cause: unknown): void {
    if (!this.#told) this.note?.(`The queue at ${this.address} does not answer (${String(cause)}); trying again.`)
    this.#told = true
  }

  end(): void {
    if (this.#told) this.note?.(`The queue at ${this.address} answers again.`)
    this.#told = false
  }
}

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
      code: 'part-failed',
      fault: 'failed',
      where: `part ${part}`,
      found: reason,
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
    const silence = new Silence(server.address, o.note)
    // Some drivers try again by themselves for minutes, and only this tells why nothing happens.
    const { queue, close } = await server.queue(queueOf(job.spec.check.modelHash), error => silence.begin(error))
    const passage = new Passage(queue, job, parts, o)
    try {
      await this.#attend(passage, silence, o)
    } catch (error) {
      await passage.withdraw()
      throw error
    } finally {
      await close()
    }
  }

  async #attend(passage: Passage, silence: Silence, { signal, note }: ExecuteOptions): Promise<void> {
    let heard = performance.now()
    let moved = heard
    while (passage.open) {
      throwIfAborted(signal)
      try {
        const came = await unlessAborted(passage.turn(), signal)
        heard = performance.now()
        silence.end()
        if (came > 0) moved = heard
        else if (heard - moved > LONELY_MS) moved = await this.#lonely(passage, silence.address, note)
      } catch (error) {
        if (error instanceof HeadwiseError) throw error
        if (performance.now() - heard > PATIENCE_MS) throw lost(silence.address, error)
        silence.begin(error)
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
