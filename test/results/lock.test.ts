import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { Lock } from '../../src/results/lock.ts'
import { isAlive, thisProcess } from '../../src/results/process-identity.ts'
import { refusal } from '../support/refusal.ts'

const root = mkdtempSync(join(tmpdir(), 'headwise-lock-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const file = join(root, 'lock')
const lease = 300

const write = (changes: object): void =>
  writeFileSync(file, JSON.stringify({ ...thisProcess(), host: 'elsewhere', nonce: 'n', beat: 0, ...changes }))

test('one writer at a time; the lock goes with its holder', async () => {
  const first = await Lock.take(file, { lease })
  expect(first.holds()).toBe(true)
  const error = await refusal(() => Lock.take(file, { lease }))
  expect(error).toMatchObject({ code: 'run-locked', fault: 'failed', file: root })
  expect(error.message).toContain(`process ${process.pid} on`)
  first[Symbol.dispose]()
  expect(existsSync(file)).toBe(false)
  using second = await Lock.take(file, { lease })
  expect(second.holds()).toBe(true)
})

test('of several that come at once, one gets it', async () => {
  const takers = await Promise.allSettled(Array.from({ length: 8 }, () => Lock.take(file, { lease })))
  const got = takers.flatMap(t => (t.status === 'fulfilled' ? [t.value] : []))
  expect(got).toHaveLength(1)
  got[0]![Symbol.dispose]()
})

// What says where process ids hold, and since when a process lives, is Linux's.
const linux = process.platform === 'linux'

test.runIf(linux)(
  'the lock of a process that is gone, or whose number is another program now, is taken over at once',
  async () => {
    const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' })
    await once(child, 'exit')
    const began = performance.now()
    for (const gone of [{ pid: child.pid }, { start: '1' }]) {
      write(gone)
      using lock = await Lock.take(file, { lease: 60_000 })
      expect(lock.holds()).toBe(true)
    }
    // A dead writer's lock is taken over within a second.
    expect(performance.now() - began).toBeLessThan(10_000)
  },
)

test('the lock of a machine that cannot be asked is watched: one that beats is in use, one that does not is left behind', async () => {
  write({ machine: 'other', pid: 1 })
  const notes: string[] = []
  const beating = setInterval(() => write({ machine: 'other', pid: 1, beat: performance.now() }), 40)
  const error = await refusal(() => Lock.take(file, { lease, note: text => notes.push(text) }))
  clearInterval(beating)
  expect(error).toMatchObject({ code: 'run-locked' })
  expect(error.message).toContain('process 1 on elsewhere')
  expect(notes).toEqual([expect.stringMatching(/holds a lock of process 1 on elsewhere; watching for 1 s/)])
  using lock = await Lock.take(file, { lease })
  expect(lock.holds()).toBe(true)
})

test('a lock that cannot be read is watched likewise, and the watching can be interrupted', async () => {
  writeFileSync(file, '{"pid"')
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 20)
  expect(await refusal(() => Lock.take(file, { lease, signal: stop.signal }))).toMatchObject({ code: 'interrupted' })
  writeFileSync(file, '')
  using lock = await Lock.take(file, { lease })
  expect(lock.holds()).toBe(true)
})

test('a holder beats, and notices that its lock is gone or another one’s', async () => {
  using lock = await Lock.take(file, { lease: 120 })
  const before = readFileSync(file, 'utf8')
  await wait(200)
  const after = readFileSync(file, 'utf8')
  expect(after).not.toBe(before)
  expect((JSON.parse(after) as { beat: number }).beat).toBeGreaterThan(0)
  write({})
  expect(lock.holds()).toBe(false)
  await wait(60)
  expect((JSON.parse(readFileSync(file, 'utf8')) as { nonce: string }).nonce).toBe('n')
  rmSync(file)
  expect(lock.holds()).toBe(false)
})

test.runIf(linux)('this process is known from another by its start', () => {
  const own = thisProcess()
  expect(isAlive(own)).toBe(true)
  expect(isAlive({ ...own, start: '1' })).toBe(false)
  expect(isAlive({ ...own, start: '' })).toBe('unknown')
  expect(isAlive({ ...own, machine: 'other' })).toBe('unknown')
})
