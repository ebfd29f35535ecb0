import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LocalPool } from '../../src/jobs/local-pool.ts'
import { runJob } from '../../src/jobs/run-job.ts'
import { RunFolder } from '../../src/results/run-folder.ts'
import { createRandom } from '../../src/statistics/random.ts'
import { bundle } from '../support/bundle.ts'
import { refusal } from '../support/refusal.ts'
import { fakeRows, fakeSpec } from './specs.ts'

const root = mkdtempSync(join(tmpdir(), 'headwise-job-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let entry: URL
let driver: URL
beforeAll(async () => {
  entry = await bundle(new URL('./programs/entry.mjs', import.meta.url))
  driver = await bundle(new URL('./programs/driver.mjs', import.meta.url))
})

/** The program in a process of its own, with what it says; with `kib`, the system lets it write no larger file. */
function start(folder: string, o: { parts: number; ms: number; workers?: number; kib?: number; uid?: number }) {
  const args = [entry.href, folder, o.parts, o.ms, o.workers ?? 2].map(String)
  const command = [process.execPath, driver.pathname, ...args]
  const limited = o.kib === undefined ? command : ['bash', '-c', `ulimit -f ${o.kib} && exec "$@"`, 'bash', ...command]
  const child = spawn(limited[0]!, limited.slice(1), {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(o.uid !== undefined && { uid: o.uid, gid: o.uid }),
  })
  const said = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text
  })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...said }))
  return { child, ended }
}

const contents = (folder: string): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map(name => [name, readFileSync(join(folder, name)).toString('hex')]))

test('rows come in the order of parts, for any number of workers, with and without a folder', async () => {
  const job = { spec: fakeSpec({ seed: 1 }), parts: 7 }
  const expected = Array.from({ length: 7 }, (_, part) => fakeRows(part))
  for (const workers of [1, 3]) {
    await using executor = new LocalPool({ entry, workers })
    const told: number[] = []
    const o = { executor, onProgress: (p: { done: number }) => told.push(p.done) }
    expect(await runJob(job, o)).toEqual(expected)
    expect(told).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(await runJob(job, { ...o, folder: join(root, `workers-${workers}`) })).toEqual(expected)
  }
  expect(contents(join(root, 'workers-1'))).toEqual(contents(join(root, 'workers-3')))
})

test('a process that dies costs its part; one that always dies is given up by name', async () => {
  process.env.HEADWISE_CRASH_FILE = join(root, 'crashed')
  const job = { spec: fakeSpec({ seed: 1 }), parts: 6 }
  const notes: string[] = []
  {
    await using executor = new LocalPool({ entry, workers: 2, model: 'crashes-once' })
    const rows = await runJob(job, { executor, note: text => notes.push(text) })
    expect(rows).toEqual(Array.from({ length: 6 }, (_, part) => fakeRows(part)))
    expect(notes).toEqual(["The engine's process ended with SIGKILL. Part 3 is begun again."])
  }
  const folder = join(root, 'crashes')
  await using executor = new LocalPool({ entry, workers: 1, model: 'crashes-always' })
  const error = await refusal(() => runJob(job, { executor, folder }))
  expect(error).toMatchObject({ code: 'part-crashed', fault: 'failed', where: 'part 3' })
  using run = await RunFolder.open(folder, job.spec, job.parts)
  expect(run.missing()).toEqual([3, 4, 5])
})

const partsIn = (folder: string): number =>
  existsSync(folder) ? readdirSync(folder).filter(name => name.startsWith('part-')).length : 0

test('killed at 30 random moments and resumed, a run ends with the bytes of an unbroken one', async () => {
  const job = { parts: 200, ms: 4 }
  const whole = join(root, 'whole')
  const { out } = await start(whole, job).ended
  expect(out).toMatch(/^[0-9a-f]{64}\n$/)

  const random = createRandom(7)
  const folder = join(root, 'killed')
  let kills = 0
  let begun = 0
  while (kills < 30) {
    // The program that writes dies; in every fifth, processes of engines outlive it for a moment.
    const { child, ended } = start(folder, { ...job, workers: kills % 5 === 0 ? 2 : 0 })
    // Half of them anywhere from the start on, half once something new is recorded.
    if (kills % 2 === 1) while (partsIn(folder) <= begun && child.exitCode === null) await wait(2)
    await wait(random.integer(kills % 2 === 1 ? 60 : 300))
    child.kill('SIGKILL')
    const { code, err } = await ended
    if (code === null) kills++
    expect(err).not.toMatch(/\.bad-|watching|being written/)
    const parts = partsIn(folder)
    // Nothing that was recorded is lost.
    expect(parts).toBeGreaterThanOrEqual(begun)
    begun = parts
    if (parts < job.parts) continue
    rmSync(folder, { recursive: true })
    begun = 0
  }
  const last = await start(folder, job).ended
  expect(last).toMatchObject({ code: 0, out })
  expect(contents(folder)).toEqual(contents(whole))
})

test('an interrupt ends with 130 and a sentence, and the same command resumes', async () => {
  const folder = join(root, 'interrupted')
  const job = { parts: 60, ms: 20 }
  const { child, ended } = start(folder, job)
  while (!existsSync(join(folder, 'part-000004.parquet'))) await wait(5)
  child.kill('SIGINT')
  const { code, err } = await ended
  expect(code).toBe(130)
  expect(err).toMatch(/Interrupted with \d+ of 60 parts in .*interrupted; the same command resumes there\./)
  expect(existsSync(join(folder, 'lock'))).toBe(false)
  const again = await start(folder, job).ended
  expect(again.code).toBe(0)
  expect(again.err).toMatch(/holds \d+ of 60 parts; the others follow/)
})

test('a system that fails to write a part: exit 1 and a sentence, nothing half-written, and the run goes on afterwards', async () => {
  const folder = join(root, 'failing')
  const whole = join(root, 'never-failed')
  const job = { parts: 8, ms: 20, workers: 0 }
  const { out } = await start(whole, job).ended
  const { child, ended } = start(folder, job)
  while (partsIn(folder) < 2) await wait(2)
  child.kill('SIGKILL')
  await ended
  const kept = readdirSync(folder).filter(name => name.startsWith('part-'))
  // The manifest has less than a KiB, a part a little more.
  const failed = await start(folder, { ...job, kib: 1 }).ended
  expect(failed).toMatchObject({ code: 1, out: '' })
  expect(failed.err).toMatch(/EFBIG.*the parts that were finished are kept, and the same command resumes/)
  expect(readdirSync(folder).sort()).toEqual(['manifest.json', ...kept].sort())
  expect(await start(folder, job).ended).toMatchObject({ code: 0, out })
  expect(contents(folder)).toEqual(contents(whole))
})

/** Root may write everywhere: then the program is one of nobody's, as far as it may read what it runs. */
const NOBODY = 65_534
const isRoot = process.getuid?.() === 0
const mayRead = (path: string): boolean =>
  (statSync(path).mode & 0o005) === 0o005 && (path === dirname(path) || mayRead(dirname(path)))
const unable = isRoot && !mayRead(import.meta.dirname)

test.skipIf(unable)(
  unable
    ? 'skipped: root may write everywhere, and others may not read the repository'
    : 'a folder that becomes read-only during the run: exit 1 and a sentence, and the run goes on afterwards',
  async () => {
    const job = { parts: 40, ms: 25, workers: 0, ...(isRoot && { uid: NOBODY }) }
    const own = join(root, 'read-only')
    const whole = join(root, 'always-writable')
    mkdirSync(own)
    mkdirSync(whole)
    for (const path of [root, own, whole, dirname(driver.pathname), dirname(entry.pathname)]) chmodSync(path, 0o777)
    const { out } = await start(join(whole, 'run'), job).ended
    const folder = join(own, 'run')
    const { child, ended } = start(folder, job)
    while (partsIn(folder) < 2 && child.exitCode === null) await wait(2)
    chmodSync(folder, 0o555)
    const failed = await ended
    expect(failed).toMatchObject({ code: 1, out: '' })
    expect(failed.err).toMatch(/EACCES.*\.\n$/)
    const kept = partsIn(folder)
    expect(kept).toBeGreaterThan(1)
    chmodSync(folder, 0o777)
    const again = await start(folder, job).ended
    expect(again).toMatchObject({ code: 0, out })
    expect(again.err).toContain(`holds ${kept} of 40 parts`)
    expect(contents(folder)).toEqual(contents(join(whole, 'run')))
  },
)

test('two processes on one folder: one writes, the other is told who does; a dead writer’s place is taken at once', async () => {
  const folder = join(root, 'two')
  // Long enough for the second process to come while the first one works, however busy the machine is.
  const job = { parts: 60, ms: 200 }
  const first = start(folder, job)
  while (!existsSync(join(folder, 'part-000001.parquet'))) await wait(5)
  const second = await start(folder, job).ended
  expect(second).toMatchObject({ code: 1, err: expect.stringContaining(`process ${first.child.pid} on`) as string })
  first.child.kill('SIGKILL')
  await first.ended
  const third = await start(folder, job).ended
  expect(third).toMatchObject({ code: 0, out: expect.stringMatching(/^[0-9a-f]{64}/) as string })
})
