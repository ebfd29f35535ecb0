import { once } from 'node:events'
import { HeadwiseError } from '../words/error.ts'
import { queueServer } from './bullmq.ts'
import { LocalPool } from './local-pool.ts'
import { packRows, queueOf, readTicket } from './ticket.ts'

/** How long (ms) a part belongs to a worker from which nothing is heard. */
const LEASE_MS = 15_000
/** The same trouble is told again after so long (ms). */
const QUIET_MS = 60_000

export interface QueueWorkerOptions {
  /** Address of the queue. */
  readonly queue: string
  /** The module that computes parts in a process of its own. */
  readonly entry: URL
  readonly models: readonly { readonly hash: string; readonly path: string }[]
  readonly version: string
  /** Parts computed at once for each model, each in a process of its own. */
  readonly workers: number
  readonly acceptNonFinite?: boolean | undefined
  readonly lease?: number
  readonly signal: AbortSignal
  readonly note?: (text: string) => void
}

/** Tells a sentence, and the same one not again for a while. */
function sparingly(note: ((text: string) => void) | undefined): (text: string) => void {
  const told = new Map<string, number>()
  return text => {
    const now = performance.now()
    if (now - (told.get(text) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return
    told.set(text, now)
    note?.(text)
  }
}

/**
 * Takes parts from a queue and computes them until the signal says stop; the parts that it is at then are finished first.
 * It takes only what belongs to its models, and refuses a part of another program version or a changed spec. The main
 * thread stays free, so that its leases are renewed while parts are computed.
 */
export async function workQueue(o: QueueWorkerOptions): Promise<void> {
  const server = await queueServer(o.queue)
  const tell = sparingly(o.note)
  const pools = o.models.map(({ path, hash }) => {
    const { entry, workers, acceptNonFinite } = o
    const idle = Array.from({ length: workers }, (_, slot) => slot)
    return { hash, idle, pool: new LocalPool({ entry, workers, acceptNonFinite, model: path }) }
  })
  const opening = pools.map(({ hash, idle, pool }) =>
    server.worker(
      queueOf(hash),
      async ({ data }) => {
        const spec = readTicket(data, { hash, version: o.version })
        const worker = idle.pop()!
        try {
          return packRows(await pool.compute({ spec }, data.part, { worker, note: o.note }), spec, data.part)
        } catch (error) {
          tell(`Part ${data.part} was not computed: ${error instanceof Error ? error.message : String(error)}`)
          throw error
        } finally {
          idle.push(worker)
        }
      },
      {
        concurrency: o.workers,
        lease: o.lease ?? LEASE_MS,
        onError: error => tell(`The queue at ${server.address} reports: ${error.message}`),
      },
    ),
  )
  const workers = await Promise.all(opening)
  o.note?.(`Waiting for parts at ${server.address}.`)
  if (!o.signal.aborted) await once(o.signal, 'abort')
  await Promise.all(workers.map(async w => await w.close()))
  await Promise.all(pools.map(async ({ pool }) => await pool[Symbol.asyncDispose]()))
  throw new HeadwiseError('The worker was stopped; the parts that it had begun are finished.', {
    code: 'interrupted',
    fault: 'interrupted',
  })
}
