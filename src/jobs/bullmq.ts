import { once } from 'node:events'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { systemCode } from '../checkpoint/files.ts'
import { HeadwiseError, printable } from '../words/error.ts'
import { within } from './within.ts'

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
}

/** Something open at a server. */
export interface Opened {
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
  queue(name: string, onError: (error: Error) => void): Promise<Opened & { readonly queue: Queue }>
  worker(name: string, work: Processor, o: WorkerOptions): Promise<Opened>
}

/** How long (ms) the first answer of a server may take, and its last. */
const CONNECT_MS = 15_000
const CLOSE_MS = 2000
const FINISH_MS = 60_000
const DAY_S = 86_400
/** How often a part may be taken from workers that fell silent before it counts as the reason. */
const MAX_STALLED = 10
/** Where servers listen when the address does not say. */
const PORTS: Readonly<Record<string, number>> = {
  'redis:': 6379,
  'rediss:': 6379,
  'postgres:': 5432,
  'postgresql:': 5432,
}

/** The queue's address, judged without a connection. */
export function queueAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && Object.hasOwn(PORTS, url.protocol) && url.hostname !== '') return url
  const allowed = 'redis://HOST:PORT or postgres://USER:PASSWORD@HOST:PORT/DATABASE'
  const found = url ? printable(url.protocol, 80) : 'no address'
  throw new HeadwiseError(`--queue is ${found}; allowed: ${allowed}.`, {
    code: 'queue-address',
    fault: 'usage',
    where: '--queue',
    found,
    allowed,
  })
}

/** A driver that is not installed is told of before it is missed. */
function checkDriver(name: 'pg' | 'ioredis'): void {
  try {
    createRequire(createRequire(import.meta.url).resolve('bullmq')).resolve(name)
  } catch (cause) {
    const sentence = `This queue needs the package ${name}, which is not installed; run: npm install ${name}`
    const details = {
      code: 'queue-driver',
      fault: 'failed',
      where: '--queue',
      found: 'not installed',
      allowed: name,
    } as const
    throw new HeadwiseError(`${sentence}.`, details, { cause })
  }
}

interface Connection {
  waitUntilReady(): Promise<unknown>
  close(): Promise<void>
  disconnect(): Promise<void>
}

/** Closes in an orderly way; a server that is gone is not waited for. */
async function close(c: Connection, ms = CLOSE_MS): Promise<void> {
  const closed = await within(ms, c.close()).catch(() => false)
  if (!closed) await within(CLOSE_MS, c.disconnect()).catch(() => false)
}

const unreachable = (address: string, cause: unknown): HeadwiseError => {
  const found = printable(cause instanceof Error ? cause.message || String(systemCode(cause)) : cause, 200)
  return new HeadwiseError(
    `The queue at ${address} cannot be reached (${found}); start it, or give another --queue.`,
    { code: 'queue-unreachable', fault: 'failed', where: '--queue', found },
    { cause },
  )
}

/** Whether somebody listens there: drivers that begin without a server would try for ever. */
async function knock({ hostname, port, protocol }: URL, address: string): Promise<void> {
  const host = hostname.replace(/^\[|\]$/g, '')
  const socket = connect({ host, port: Number(port || PORTS[protocol]), timeout: CONNECT_MS })
  try {
    await Promise.race([
      once(socket, 'connect'),
      once(socket, 'timeout').then(() => {
        throw new Error('no answer')
      }),
    ])
  } catch (error) {
    throw unreachable(address, error)
  } finally {
    socket.destroy()
  }
}

/** Waits until the server has let us in. */
async function ready(connection: Connection, address: string): Promise<void> {
  let cause: unknown = 'no answer'
  const there = await within(CONNECT_MS, connection.waitUntilReady()).catch((error: unknown) => {
    cause = error
    return false
  })
  if (there) return
  await close(connection)
  throw unreachable(address, cause)
}

/** The only place that knows BullMQ, which is loaded when a queue is asked for. */
export async function queueServer(text: string): Promise<Server> {
  const url = queueAddress(text)
  const bull = await import('bullmq')
  const postgres = url.protocol.startsWith('postgres')
  checkDriver(postgres ? 'pg' : 'ioredis')
  const address = `${url.protocol}//${url.host}${url.pathname}`
  await knock(url, address)
  const sql = { connectionString: text, migrate: true, connectionTimeoutMillis: 10_000 }
  const kept = { removeOnComplete: { age: DAY_S }, removeOnFail: { age: DAY_S } }
  return {
    address,
    queue: async (name, onError) => {
      const queue = postgres
        ? new bull.Queue(name, { connection: sql, defaultJobOptions: kept }, bull.createPostgresBackend)
        : new bull.Queue(name, { connection: { url: text }, defaultJobOptions: kept })
      queue.on('error', onError)
      await ready(queue, address)
      return { queue, close: async () => await close(queue) }
    },
    worker: async (name, work, { concurrency, lease, onError }) => {
      const times = { lockDuration: lease, stalledInterval: lease, runRetryDelay: lease }
      const o = { ...times, concurrency, maxStalledCount: MAX_STALLED }
      const worker = postgres
        ? new bull.Worker(name, work, { ...o, connection: sql }, bull.createPostgresBackend)
        : new bull.Worker(name, work, { ...o, connection: { url: text } })
      worker.on('error', onError)
      await ready(worker, address)
      // Closing waits for the parts that it is at.
      return { close: async () => await close(worker, FINISH_MS) }
    },
  }
}
