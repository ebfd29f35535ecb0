import { execFileSync } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Serving } from '../../src/server/server.ts'
import { httpClient } from '../../src/service/http.ts'
import { rawSocket, request, start } from './support.ts'

let server: Serving
beforeAll(async () => {
  server = await start()
})
afterAll(() => server[Symbol.asyncDispose]())

/** The engine processes of this test. */
const engines = (): number[] =>
  execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .filter(([, parent, ...args]) => Number(parent) === process.pid && args.join(' ').includes('engine-process'))
    .map(([pid]) => Number(pid))

test('an engine that dies costs the requests that it had; the next one is answered', async () => {
  const client = httpClient({ base: server.url })
  const ids = Array.from({ length: 500 }, (_, i) => i + 1)
  await client.call('info', {})
  const lost = client.call('next', { ids })
  const told = expect(lost).rejects.toMatchObject({ code: 'host-died', fault: 'failed' })
  await wait(50)
  for (const pid of engines()) process.kill(pid, 'SIGKILL')
  await told
  expect((await client.call('next', { ids: [1, 2, 3] })).tokens).toHaveLength(10)
  client.close()
})

test('a spare engine waits after the first work, and takes over', async () => {
  const client = httpClient({ base: server.url })
  await client.call('next', { ids: [1, 2, 3] })
  for (let i = 0; i < 100 && engines().length < 2; i++) await wait(100)
  const before = engines()
  expect(before.length).toBe(2)
  process.kill(Math.min(...before), 'SIGKILL')
  await wait(300)
  expect((await client.call('next', { ids: [1, 2, 3] })).tokens).toHaveLength(10)
  expect(engines()).toContain(Math.max(...before))
  client.close()
})

test('a client that stops reading a stream holds up nobody', async () => {
  const body = JSON.stringify({ params: { ids: [1, 2, 3], maxTokens: 300 } })
  const begun = await fetch(`${server.url}api/jobs/generate`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json' },
  })
  const { job } = (await begun.json()) as { job: string }
  const { socket } = rawSocket(server.port)
  socket.pause()
  socket.write(request(server.port, { path: `/api/jobs/${job}/events` }))
  const client = httpClient({ base: server.url })
  for (let i = 0; i < 3; i++) expect((await client.call('next', { ids: [1, 2, 3, i] })).tokens).toHaveLength(10)
  socket.destroy()
  client.close()
})

test('engines end with the server', async () => {
  const pids = engines()
  await server[Symbol.asyncDispose]()
  expect(engines().filter(pid => pids.includes(pid))).toEqual([])
  server = await start()
})
