import { execFileSync } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Serving } from '../../src/server/server.ts'
import { httpClient } from '../../src/service/http.ts'
import { raw, rawSocket, request, start } from './support.ts'

/** Numbers in brackets are those of the list of malformed and hostile inputs. */

let server: Serving
beforeAll(async () => {
  server = await start()
})
afterAll(() => server[Symbol.asyncDispose]())

const MANY = 1000
const ME = { 'X-Headwise-Client': 'me-me-me-me' }
const ask = (method: string, path: string, body?: unknown) =>
  fetch(`${server.url}api/${path}`, {
    method,
    headers: { ...ME, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
const errorOf = async (answer: Response) =>
  ((await answer.json()) as { error: { code: string; message: string } }).error
const stateOf = async (job: string) => ((await (await ask('GET', `jobs/${job}`)).json()) as { state: string }).state
const cancel = async (job: string) => ((await (await ask('DELETE', `jobs/${job}`)).json()) as { state: string }).state

/** Removing every head in turn from a dozen texts of so many tokens: a second of work for 120, several for 500. */
const sweep = (tokens: number) => ({
  params: { mode: 'zero', on: { prompts: Array(12).fill(Array.from({ length: tokens }, (_, i) => i + 1)) } },
})
const LONG = sweep(120)
const LONGER = sweep(500)
/** One job that works and those that may wait. */
const PLACES = 17

/** As many jobs as there is room for; every one beyond is refused. */
async function fill(work = LONG): Promise<string[]> {
  const jobs: string[] = []
  for (let i = 0; i < PLACES; i++) {
    const answer = await ask('POST', 'jobs/ablate', work)
    expect(answer.status).toBe(202)
    jobs.push(((await answer.json()) as { job: string }).job)
  }
  expect((await ask('POST', 'jobs/ablate', work)).status).toBe(429)
  return jobs
}

/** Work that was stopped holds its place until the engine comes to a pause: who is answered behind it knows that it is free. */
async function placesFree(): Promise<void> {
  const client = httpClient({ base: server.url })
  await client.call('scores', { detectors: ['sink'], prompts: [[1, 2, 3]] })
  client.close()
}

/** MiB that each engine process keeps in memory, by its number. */
const engines = (): Map<number, number> =>
  new Map(
    execFileSync('ps', ['-A', '-o', 'pid=,ppid=,rss=,args='], { encoding: 'utf8' })
      .split('\n')
      .map(line => line.trim().split(/\s+/))
      .filter(([, parent, , ...args]) => Number(parent) === process.pid && args.join(' ').includes('engine-process'))
      .map(([pid, , kib]) => [Number(pid), Number(kib) / 1024]),
  )
/** How much those that were there before have grown; a spare that was started meanwhile is no growth. */
const grown = (before: ReadonlyMap<number, number>): number =>
  Math.max(...[...engines()].map(([pid, mib]) => mib - (before.get(pid) ?? mib)))

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
/** MiB that the server's own process holds on to. */
function heap(): number {
  collect()
  return process.memoryUsage().heapUsed / 2 ** 20
}

test(`${MANY} jobs at once: so many are taken, every other one is told in a sentence when to come again [85]`, async () => {
  const answers = await Promise.all(Array.from({ length: MANY }, () => ask('POST', 'jobs/ablate', LONGER)))
  const taken = answers.filter(a => a.status === 202)
  const refused = answers.filter(a => a.status === 429)
  expect([taken.length, refused.length]).toEqual([PLACES, MANY - PLACES])
  expect(refused.every(a => a.headers.get('retry-after') === '5')).toBe(true)
  const sentences = await Promise.all(refused.map(async a => (await errorOf(a)).message))
  for (const said of new Set(sentences))
    expect(said).toMatch(/^\d+ (jobs wait|requests are under way) already; try again in 5 seconds\.$/)
  expect((await ask('POST', 'tokens', { params: { text: 'hello' } })).status).toBe(200)
  const jobs = await Promise.all(taken.map(async a => ((await a.json()) as { job: string }).job))
  expect(new Set(await Promise.all(jobs.map(cancel)))).toEqual(new Set(['cancelled']))
  await placesFree()
  for (const job of await fill()) await cancel(job)
})

test(`${MANY} streams of one job: those above the limit are refused in a sentence, and the others do not keep anybody out`, async () => {
  const { job } = (await (await ask('POST', 'jobs/ablate', LONG)).json()) as { job: string }
  const path = `/api/jobs/${job}/events`
  const streams = Array.from({ length: MANY }, () => rawSocket(server.port))
  let ended = 0
  const answers = streams.map(async ({ socket, answer }) => {
    socket.write(request(server.port, { path, headers: ME }))
    const got = await answer
    ended++
    return got
  })
  while (ended < MANY - 192) await wait(20)
  // Whoever follows a job leaves room for those who end it.
  expect((await ask('POST', 'tokens', { params: { text: 'hello' } })).status).toBe(200)
  expect(await cancel(job)).toBe('cancelled')
  const all = await Promise.all(answers)
  const followed = all.filter(a => a.status === 200)
  expect([followed.length, all.length - followed.length]).toEqual([192, MANY - 192])
  expect(followed.every(a => a.text.includes('"code":"cancelled"'))).toBe(true)
  for (const { status, body } of all.filter(a => a.status !== 200)) {
    expect(status).toBe(429)
    expect(body).toMatch(/"message":"\d+ requests are under way already; try again in 5 seconds\."/)
  }
  expect((await raw(server.port, request(server.port, { path, headers: ME }))).status).toBe(200)
}, 120_000)

test(`${MANY} connections that say nothing do not keep others out [77]`, async () => {
  const idle = Array.from({ length: MANY + 200 }, () => rawSocket(server.port))
  await wait(500)
  expect((await ask('POST', 'tokens', { params: { text: 'hello' } })).status).toBe(200)
  for (const { socket } of idle) socket.destroy()
})

test('clients that leave in the middle of a stream leave nothing behind: neither jobs nor memory [77]', async () => {
  const ids = Array.from({ length: 400 }, (_, i) => i + 1)
  const client = httpClient({ base: server.url })
  const leave = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) for await (const _ of client.stream('generate', { ids, maxTokens: 100 })) break
    // This one has its turn when the last one that was left has ended.
    for await (const _ of client.stream('generate', { ids: [1], maxTokens: 1 }));
  }
  await leave(40)
  const before = { heap: heap(), engines: engines() }
  await leave(120)
  client.close()
  // Keys and values of each text alone are 3 MiB.
  expect(grown(before.engines)).toBeLessThan(60)
  expect(heap() - before.heap).toBeLessThan(8)
}, 120_000)

test('sweeps that are left in the middle give their memory back [77]', async () => {
  const client = httpClient({ base: server.url })
  const leave = async (): Promise<void> => {
    const stop = new AbortController()
    let told = 0
    const onProgress = () => void (++told === 8 && stop.abort())
    const { params } = LONGER as { params: { mode: 'zero'; on: { prompts: number[][] } } }
    const left = client.call('ablate', params, { signal: stop.signal, onProgress })
    await expect(left).rejects.toMatchObject({ code: 'interrupted' })
    await client.call('scores', { detectors: ['sink'], prompts: [[1, 2, 3]] })
  }
  // Allocators keep some of what is given back; what they keep is soon the same.
  for (let i = 0; i < 4; i++) await leave()
  const before = { heap: heap(), engines: engines() }
  for (let i = 0; i < 4; i++) await leave()
  client.close()
  // The clean values of one sweep alone are 200 MiB.
  expect(grown(before.engines)).toBeLessThan(200)
  expect(heap() - before.heap).toBeLessThan(8)
}, 120_000)

test('jobs that everybody has left are ended, the one that works and those that wait, and their places are free again [77]', async () => {
  const before = heap()
  const jobs = await fill(LONGER)
  const followers = jobs.map(job => {
    const { socket } = rawSocket(server.port)
    socket.write(request(server.port, { path: `/api/jobs/${job}/events`, headers: ME }))
    return socket
  })
  await new Promise<void>(resolve => followers[0]!.once('data', () => resolve()))
  for (const socket of followers) socket.destroy()
  let states: string[]
  do {
    await wait(250)
    states = await Promise.all(jobs.map(stateOf))
  } while (states.includes('open'))
  // The first of them may have been done in that time.
  expect([states.includes('open'), states.at(-1)]).toEqual([false, 'cancelled'])
  await placesFree()
  for (const job of await fill()) await cancel(job)
  await placesFree()
  expect(heap() - before).toBeLessThan(8)
}, 120_000)
