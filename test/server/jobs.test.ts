import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Serving } from '../../src/server/server.ts'
import { httpClient } from '../../src/service/http.ts'
import { start } from './support.ts'

let server: Serving
beforeAll(async () => {
  server = await start()
})
afterAll(() => server[Symbol.asyncDispose]())

const ME = { 'X-Headwise-Client': 'me-me-me-me' }
const ask = (
  method: string,
  path: string,
  o: { headers?: Record<string, string>; body?: unknown; signal?: AbortSignal } = {},
) =>
  fetch(`${server.url}api/${path}`, {
    method,
    headers: { ...ME, ...o.headers, ...(o.body !== undefined && { 'Content-Type': 'application/json' }) },
    ...(o.body !== undefined && { body: JSON.stringify(o.body) }),
    ...(o.signal && { signal: o.signal }),
  })
const errorOf = async (answer: Response) =>
  ((await answer.json()) as { error: { code: string; message: string } }).error

/** Some seconds of work. */
const LONG = { params: { mode: 'zero', on: { prompts: Array(12).fill(Array.from({ length: 120 }, (_, i) => i + 1)) } } }
const begin = async (body: unknown = LONG, verb = 'ablate') =>
  ((await (await ask('POST', `jobs/${verb}`, { body })).json()) as { job: string }).job
const stateOf = async (job: string) => ((await (await ask('GET', `jobs/${job}`)).json()) as { state: string }).state

/** Reads a stream of events until it says something that matches. */
async function until(answer: Response, pattern: RegExp): Promise<string> {
  const reader = answer.body!.getReader()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    text += new TextDecoder().decode(value)
    if (!done && !pattern.test(text)) continue
    await reader.cancel()
    return text
  }
}

test('a job is followed, left, and followed again from the event that was seen last', async () => {
  const job = await begin({ params: { ids: [1, 2, 3], maxTokens: 12 } }, 'generate')
  const first = await until(await ask('GET', `jobs/${job}/events`), /id: 3\n/)
  expect(first).toMatch(/^id: 1\nevent: piece\ndata: \{"side":"before","id":\d+,"text":/)
  const rest = await until(await ask('GET', `jobs/${job}/events`, { headers: { 'Last-Event-ID': '3' } }), /event: done/)
  expect(rest).toMatch(/^id: 4\n/)
  const whole = await until(await ask('GET', `jobs/${job}/events`), /event: done/)
  expect(whole.endsWith(rest)).toBe(true)
  expect(await until(await ask('GET', `jobs/${job}/events?after=12`), /event: done/)).toMatch(/^id: 13\n/)
})

test('events that never were and jobs that are not there are told from those that are [85]', async () => {
  const job = await begin({ params: { ids: [1], maxTokens: 1 } }, 'generate')
  for (const id of ['999999', '-1', 'x', '1.5', '', '99999999999999999999']) {
    const answer = await ask('GET', `jobs/${job}/events`, { headers: { 'Last-Event-ID': id } })
    if (id !== '') expect([answer.status, (await errorOf(answer)).code]).toEqual([404, 'event-unknown'])
  }
  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/events'],
    ['GET', '/result'],
    ['DELETE', ''],
  ] as const) {
    const unknown = await ask(method, `jobs/AAAAAAAAAAAAAAAA${path}`)
    expect([unknown.status, (await errorOf(unknown)).code]).toEqual([404, 'job-unknown'])
    const foreign = await ask(method, `jobs/${job}${path}`, { headers: { 'X-Headwise-Client': 'somebody-else' } })
    expect([foreign.status, (await errorOf(foreign)).code]).toEqual([404, 'job-unknown'])
  }
  expect(['open', 'done']).toContain(await stateOf(job))
  const name = await ask('GET', `jobs/${job}`, { headers: { 'X-Headwise-Client': 'a b/../c' } })
  expect([name.status, (await errorOf(name)).code]).toEqual([400, 'client'])
})

test('a job is cancelled once, and cancelling it again changes nothing [85]', async () => {
  const job = await begin()
  const cancel = async () => await ask('DELETE', `jobs/${job}`)
  for (const answer of [await cancel(), await cancel()])
    expect([answer.status, ((await answer.json()) as { state: string }).state]).toEqual([200, 'cancelled'])
  expect(await until(await ask('GET', `jobs/${job}/events`), /event: error/)).toContain('"code":"cancelled"')
  const client = httpClient({ base: server.url })
  const { grids } = await client.call('scores', { detectors: ['sink'], prompts: [[1, 2, 3]] })
  expect(grids).toHaveLength(1)
  client.close()
})

test('whoever leaves in the middle of a stream is noticed, and the engine is free again [77]', async () => {
  const client = httpClient({ base: server.url })
  const ids = Array.from({ length: 10 }, (_, i) => i + 1)
  let pieces = 0
  for await (const _ of client.stream('generate', { ids, maxTokens: 500 })) if (++pieces === 3) break
  await wait(100)
  let after = 0
  for await (const _ of client.stream('generate', { ids, maxTokens: 2 })) after++
  expect(after).toBeGreaterThan(1)
  const stop = new AbortController()
  const long = ask('POST', 'next', { body: { params: { ids: Array(500).fill(5) } }, signal: stop.signal })
  await wait(30)
  stop.abort()
  await expect(long).rejects.toThrow()
  expect((await client.call('next', { ids })).tokens).toHaveLength(10)
  client.close()
})

test('a job that was ended by its own error says so to whoever comes later', async () => {
  const job = await begin({ params: { ids: [5000], maxTokens: 2 } }, 'generate')
  const told = await until(await ask('GET', `jobs/${job}/events`), /event: error/)
  expect(told).toMatch(/"code":"token-id","message":"ids\[0\] is 5000; the model has the ids 0 to 4095\."/)
  expect((await errorOf(await ask('GET', `jobs/${job}/result`))).code).toBe('job-result')
})

test('long verbs are asked for as jobs only, quick ones as either', async () => {
  const answer = await ask('POST', 'ablate', { body: LONG })
  expect([answer.status, (await errorOf(answer)).code]).toEqual([400, 'verb-kind'])
  const job = await begin({ params: { ids: [1, 2, 3] } }, 'next')
  expect(await until(await ask('GET', `jobs/${job}/events`), /event: done/)).toContain('{"result":true}')
  const result = await ask('GET', `jobs/${job}/result`)
  expect([result.status, result.headers.get('content-type')]).toEqual([200, 'application/octet-stream'])
})
