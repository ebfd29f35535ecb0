import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Queue, queueServer } from '../../src/jobs/bullmq.ts'
import { LocalPool } from '../../src/jobs/local-pool.ts'
import { QueueExecutor } from '../../src/jobs/queue.ts'
import { runJob } from '../../src/jobs/run-job.ts'
import { queueOf, ticketId } from '../../src/jobs/ticket.ts'
import { bundle } from '../support/bundle.ts'
import { freePort } from '../support/free-port.ts'
import { Postgres } from '../support/postgres.ts'
import { Redis, redisMissing } from '../support/redis.ts'
import { refusal } from '../support/refusal.ts'
import { fakeRows, fakeSpec } from './specs.ts'

const root = mkdtempSync(join(tmpdir(), 'headwise-queue-'))
/** A second and a half instead of fifteen. */
const LEASE = 1500
const MS = 60

let entry: URL
let program: URL
beforeAll(async () => {
  entry = await bundle(new URL('./programs/entry.mjs', import.meta.url))
  program = await bundle(new URL('./programs/worker.mjs', import.meta.url))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const workers = new Set<ChildProcess>()
afterEach(() => {
  for (const worker of workers) worker.kill('SIGKILL')
  workers.clear()
})

/** A worker process that waits for parts of the model; `said` gathers its words. */
async function worker(url: string, o: { model?: string; version?: string } = {}) {
  const args = [url, entry.href, o.model ?? 'a', LEASE, o.version ?? '1.2.3'].map(String)
  const child = spawn(process.execPath, [program.pathname, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  workers.add(child)
  const words = { child, said: '' }
  await new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      words.said += text
      if (words.said.includes('Waiting for parts')) resolve()
    })
    child.once('exit', () => reject(new Error(`the worker ended: ${words.said}`)))
  })
  return words
}

const contents = (folder: string): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map(name => [name, readFileSync(join(folder, name)).toString('hex')]))

/** The job on the queue, with something that happens once some parts have come, against the same job undisturbed. */
async function disturbed(url: string, parts: number, events: Readonly<Record<number, () => unknown>>): Promise<void> {
  const job = { spec: fakeSpec({ seed: MS }), parts }
  const folder = mkdtempSync(join(root, 'disturbed-'))
  const whole = mkdtempSync(join(root, 'whole-'))
  const expected = Array.from({ length: parts }, (_, part) => fakeRows(part))
  await using executor = new QueueExecutor(url)
  const under: unknown[] = []
  const onProgress = ({ done }: { done: number }): void => void under.push(events[done]?.())
  expect(await runJob(job, { executor, folder, onProgress })).toEqual(expected)
  await Promise.all(under)
  await using pool = new LocalPool({ entry, workers: 4 })
  await runJob(job, { executor: pool, folder: whole })
  expect(contents(folder)).toEqual(contents(whole))
}

const noRedis = redisMissing()
const kinds = [
  { name: 'PostgreSQL', start: () => Postgres.start(), missing: undefined },
  { name: noRedis ? `skipped: ${noRedis}` : 'Redis', start: () => Redis.start(), missing: noRedis },
]

describe.each(kinds)('$name', ({ start, missing }) => {
  let server: Postgres | Redis
  beforeAll(async () => {
    if (!missing) server = await start()
  })
  afterAll(async () => await server?.[Symbol.asyncDispose]())

  test.skipIf(missing)(
    'three workers: one is killed, one sleeps past its lease, the server restarts: the bytes of an undisturbed run',
    async () => {
      const [first, second] = await Promise.all([worker(server.url), worker(server.url), worker(server.url)])
      await disturbed(server.url, 60, {
        8: () => first.child.kill('SIGKILL'),
        16: async () => {
          second.child.kill('SIGSTOP')
          await wait(2.5 * LEASE)
          second.child.kill('SIGCONT')
        },
        40: async () => {
          await server.down()
          await wait(300)
          await server.up()
        },
      })
    },
  )

  test.skipIf(missing)('nothing of a job stays behind in the queue, also when it is interrupted', async () => {
    const spec = fakeSpec({ seed: MS, model: 'c' })
    const name = queueOf(spec.check.modelHash)
    const { queue, close } = await (await queueServer(server.url)).queue(name, () => undefined)
    const states = async (of: Queue) => await Promise.all([0, 1, 2].map(part => of.getJobState(ticketId(spec, part))))
    const stop = new AbortController()
    await using executor = new QueueExecutor(server.url)
    const running = runJob({ spec, parts: 3 }, { executor, signal: stop.signal })
    while ((await states(queue)).some(state => state !== 'waiting')) await wait(50)
    stop.abort()
    expect(await refusal(() => running)).toMatchObject({ code: 'interrupted', fault: 'interrupted' })
    expect(await states(queue)).toEqual(['unknown', 'unknown', 'unknown'])

    await worker(server.url, { model: 'c' })
    expect(await runJob({ spec, parts: 3 }, { executor })).toHaveLength(3)
    expect(await states(queue)).toEqual(['unknown', 'unknown', 'unknown'])
    await close()
  })

  test.skipIf(missing)('a server that is not there is told of at once, for jobs and for workers', async () => {
    const absent = new URL(server.url)
    absent.port = String(await freePort())
    await using executor = new QueueExecutor(absent.href)
    const error = await refusal(() => runJob({ spec: fakeSpec(), parts: 1 }, { executor }))
    expect(error).toMatchObject({ code: 'queue-unreachable', fault: 'failed' })
    const said = await worker(absent.href).then(
      w => w.said,
      (ended: Error) => ended.message,
    )
    expect(said).toContain('cannot be reached')
  })

  test.skipIf(missing)(
    'a worker of another version refuses in one sentence, which reaches who sent the part',
    async () => {
      const spec = fakeSpec({ seed: 1, model: 'd' })
      await worker(server.url, { model: 'd', version: '1.2.4' })
      await using executor = new QueueExecutor(server.url)
      const error = await refusal(() => runJob({ spec, parts: 2 }, { executor }))
      expect(error).toMatchObject({ code: 'part-failed', fault: 'failed' })
      expect(error.message).toMatch(
        /^Part \d failed on 3 tries in the queue, at last with: The part was sent with the headwise version 1\.2\.3, and this worker has 1\.2\.4\.$/,
      )
    },
  )
})
