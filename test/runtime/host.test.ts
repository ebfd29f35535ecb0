import { spawn } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { beforeAll, expect, test } from 'vitest'
import { Host } from '../../src/runtime/host.ts'
import { bundle } from '../support/bundle.ts'

let entry: URL
beforeAll(async () => {
  entry = await bundle(new URL('./host/entry.mjs', import.meta.url))
})

const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const gone = async (pid: number): Promise<boolean> => {
  for (let i = 0; i < 200 && exists(pid); i++) await wait(10)
  return !exists(pid)
}

test('calls are answered, several at once, with typed arrays and with what is told before', async () => {
  await using host = new Host(entry)
  const events: unknown[] = []
  const [a, b] = await Promise.all([
    host.call({ do: 'double', values: Float64Array.of(1, Number.NaN, -0) }, { onEvent: e => events.push(e) }),
    host.call({ do: 'double', values: Int32Array.of(3) }),
  ])
  expect(a).toEqual(Float64Array.of(2, Number.NaN, -0))
  expect(b).toEqual(Int32Array.of(6))
  expect(events).toEqual([1, Number.NaN, -0])
})

test('the runtime of the child keeps nothing about the user', async () => {
  await using host = new Host(entry)
  expect(await host.call({ do: 'environment', name: 'ORT_DISABLE_TELEMETRY' })).toBe('1')
})

test('errors cross as they are; a slip of the program is told as one', async () => {
  await using host = new Host(entry)
  await expect(host.call({ do: 'fail' })).rejects.toMatchObject({
    name: 'HeadwiseError',
    message: 'The head is gone.',
    code: 'gone',
    fault: 'data',
    where: 'head',
    found: '7',
    allowed: '6.5',
  })
  await expect(host.call({ do: 'stumble' })).rejects.toMatchObject({ code: 'host-failed', fault: 'failed' })
  expect(await host.call({ do: 'double', values: [4] })).toEqual([8])
})

test('a child that dies fails its open calls, with its last words, and every later one', async () => {
  await using host = new Host(entry)
  const open = host.call({ do: 'until-aborted' })
  const died = { code: 'host-died', message: "The engine's process ended with code 3: last words." }
  await Promise.all([
    expect(open).rejects.toMatchObject(died),
    expect(host.call({ do: 'crash' })).rejects.toMatchObject(died),
  ])
  expect(host.alive).toBe(false)
  await expect(host.call({ do: 'double', values: [] })).rejects.toMatchObject(died)
})

test('an aborted call stops; a child that does not listen is killed', async () => {
  const stop = new AbortController()
  await using host = new Host(entry)
  const call = host.call({ do: 'until-aborted' }, { signal: stop.signal })
  stop.abort()
  await expect(call).rejects.toMatchObject({ code: 'interrupted', fault: 'interrupted' })
  expect(host.alive).toBe(true)

  const again = new AbortController()
  await using deaf = new Host(entry, { patience: 50 })
  const blocked = deaf.call({ do: 'deaf' }, { signal: again.signal, onEvent: () => again.abort() })
  await expect(blocked).rejects.toMatchObject({ code: 'interrupted' })
  expect(await gone(deaf.pid!)).toBe(true)
})

test('a module that cannot run is told of, not waited for', async () => {
  await using host = new Host(new URL('./host/absent.mjs', import.meta.url))
  await expect(host.call({ do: 'double', values: [] })).rejects.toMatchObject({ code: 'host-died' })
})

test('the child exits when the channel is closed, and when its parent is killed', async () => {
  const host = new Host(entry)
  await host.call({ do: 'double', values: [] })
  await host[Symbol.asyncDispose]()
  expect(await gone(host.pid!)).toBe(true)

  const program = await bundle(new URL('./host/parent.mjs', import.meta.url))
  const parent = spawn(process.execPath, [program.pathname, entry.href], { stdio: ['ignore', 'pipe', 'ignore'] })
  const pid = await new Promise<number>(resolve => parent.stdout.once('data', (d: Buffer) => resolve(Number(d))))
  expect(exists(pid)).toBe(true)
  parent.kill('SIGKILL')
  expect(await gone(pid)).toBe(true)
})
