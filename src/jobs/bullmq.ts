import { HeadwiseError, printable } from '../words/error.ts'

/** What travels to a worker: a spec as JSON, and which of its parts. A part's rows come back as Parquet, in base64. */
export interface Ticket {
  readonly spec: string
  readonly part: number
}

/** The little of a queue's job that is used here. */
interface QueuedJob {
  readonly returnvalue: string
  readonly failedReason: string
  remove(): Promise<void>
}

/** The little of a queue that is used here: the same over Redis and PostgreSQL. */
export interface Queue {
  add(name: string, data: Ticket, o: { jobId: string }): Promise<unknown>
  getJob(id: string): Promise<QueuedJob | undefined>
  getJobState(id: string): Promise<string>
  getWorkersCount(): Promise<number>
  remove(id: string): Promise<number>
  close(): Promise<void>
}

export interface Worker {
  close(): Promise<void>
}

export interface WorkerOptions {
  readonly concurrency: number
  /** How long (ms) a part belongs to a worker that does not say that it lives. */
  readonly lease: number
  readonly onError: (error: Error) => void
}

type Processor = (job: { readonly data: Ticket }) => Promise<string>

/** A queue server: Redis, Valkey and the like, or PostgreSQL. */
export interface Server {
  /** The address without its password. */
  readonly address: string
  queue(name: string, onError: (error: Error) => void): Queue
  worker(name: string, work: Processor, o: WorkerOptions): Worker
}

const DAY_S = 86_400
/** How often a part may be taken from workers that fell silent before it counts as the reason. */
const MAX_STALLED = 10
const SCHEMES = ['redis:', 'rediss:', 'postgres:', 'postgresql:']

/** The queue's address, judged without a connection. */
export function queueAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && SCHEMES.includes(url.protocol) && url.hostname !== '') return url
  const allowed = 'redis://HOST:PORT or postgres://USER:PASSWORD@HOST:PORT/DATABASE'
  const found = url ? printable(url.protocol, 80) : 'no address'
  throw new HeadwiseError(`--queue is ${found}; allowed: ${allowed}.`, {
    ...{ code: 'queue-address', fault: 'usage', where: '--queue', found, allowed },
  })
}

/** A driver that is not installed is told of as such. */
function opened<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    const driver = /optional '(\w+)' package/.exec(error instanceof Error ? error.message : '')?.[1]
    if (driver === undefined) throw error
    throw new HeadwiseError(
      `This queue needs the package ${driver}, which is not installed; run npm install ${driver}.`,
      { code: 'queue-driver', fault: 'failed', where: '--queue', found: 'not installed', allowed: driver },
      { cause: error },
    )
  }
}

/** The only place that knows BullMQ, which is loaded when a queue is asked for. */
export async function queueServer(text: string): Promise<Server> {
  const url = queueAddress(text)
  const bull = await import('bullmq')
  const postgres = url.protocol.startsWith('postgres')
  const address = `${url.protocol}//${url.host}${url.pathname}`
  const sql = { connectionString: text, migrate: true, connectionTimeoutMillis: 10_000 }
  const kept = { removeOnComplete: { age: DAY_S }, removeOnFail: { age: DAY_S } }
  return {
    address,
    queue: (name, onError) =>
      opened(() => {
        const queue = postgres
          ? new bull.Queue(name, { connection: sql, defaultJobOptions: kept }, bull.createPostgresBackend)
          : new bull.Queue(name, { connection: { url: text }, defaultJobOptions: kept })
        queue.on('error', onError)
        return queue
      }),
    worker: (name, work, { concurrency, lease, onError }) =>
      opened(() => {
        const times = { lockDuration: lease, stalledInterval: lease, runRetryDelay: lease }
        const o = { ...times, concurrency, maxStalledCount: MAX_STALLED }
        const worker = postgres
          ? new bull.Worker(name, work, { ...o, connection: sql }, bull.createPostgresBackend)
          : new bull.Worker(name, work, { ...o, connection: { url: text } })
        worker.on('error', onError)
        return worker
      }),
  }
}
