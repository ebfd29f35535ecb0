import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LocalPool } from '../../src/jobs/local-pool.ts'
import { QueueExecutor } from '../../src/jobs/queue.ts'
import { runJob } from '../../src/jobs/run-job.ts'
import { bundle } from '../support/bundle.ts'
import { Postgres } from '../support/postgres.ts'
import { fakeRows, fakeSpec } from './specs.ts'

const root = mkdtempSync(join(tmpdir(), 'headwise-queue-'))
const LEASE = 1500
let entry: URL
let program: URL
let server: Postgres
const workers = new Set<ChildProcess>()

beforeAll(async () => {
  entry = await bundle(new URL('./programs/entry.mjs', import.meta.url))
  program = await bundle(new URL('./programs/worker.mjs', import.meta.url))
  server = await Postgres.start()
})
afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL')
  await server?.[Symbol.asyncDispose]()
  rmSync(root, { recursive: true, force: true })
})

/** A worker process that waits for parts. */
async function worker(model = 'a', ...more: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [program.pathname, server.url, entry.href, model, String(LEASE), ...more], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  workers.add(child)
  let said = ''
  await new Promise<void>(resolve =>
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (process.env.DEBUG_QUEUE) process.stderr.write(`[${child.pid}] ${text}`)
      if (said.includes('Waiting for parts')) resolve()
    }),
  )
  return child
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal)
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  workers.delete(child)
}

const contents = (folder: string): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map(name => [name, readFileSync(join(folder, name)).toString('hex')]))

/** The job on the queue, with something that happens after some parts came. */
async function disturbed(
  name: string,
  parts: number,
  events: ReadonlyMap<number, () => Promise<unknown>>,
): Promise<void> {
  const job = { spec: fakeSpec({ seed: 60 }), parts }
  const folder = join(root, name)
  await using executor = new QueueExecutor(server.url)
  const under: Promise<unknown>[] = []
  const note = (text: string): void => {
    if (process.env.DEBUG_QUEUE) process.stderr.write(`${text}\n`)
  }
  const onProgress = ({ done }: { done: number }): void => {
    const event = events.get(done)
    if (event) under.push(event())
  }
  const rows = await runJob(job, { executor, folder, note, onProgress })
  await Promise.all(under)
  expect(rows).toEqual(Array.from({ length: parts }, (_, part) => fakeRows(part)))
  const whole = join(root, `${name}-whole`)
  await using pool = new LocalPool({ entry, workers: 1 })
  await runJob({ ...job, spec: fakeSpec({ seed: 60 }) }, { executor: pool, folder: whole })
  expect(contents(folder)).toEqual(contents(whole))
}

test('three workers: one is killed, one sleeps past its lease, the server restarts: the bytes of an undisturbed run', async () => {
  const [first, second, third] = await Promise.all([worker(), worker(), worker()])
  await disturbed(
    'postgres',
    80,
    new Map([
      [10, () => end(first, 'SIGKILL')],
      [
        20,
        async () => {
          second.kill('SIGSTOP')
          await wait(2.5 * LEASE)
          second.kill('SIGCONT')
        },
      ],
      [
        50,
        async () => {
          await server.down('SIGQUIT')
          await wait(500)
          await server.up()
        },
      ],
    ]),
  )
  await Promise.all([end(second, 'SIGTERM'), end(third, 'SIGTERM')])
})
