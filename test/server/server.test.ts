import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Headwise, load } from '../../src/index.ts'
import type { Serving } from '../../src/server/server.ts'
import type { Client } from '../../src/service/client.ts'
import { httpClient } from '../../src/service/http.ts'
import type { EditInput } from '../../src/words/edit.ts'
import { largest } from '../service/support.ts'
import { start } from './support.ts'

let server: Serving
let client: Client
let m: Headwise
beforeAll(async () => {
  ;[server, m] = await Promise.all([start(), load('specimen', { threads: 2 })])
  client = httpClient({ base: server.url })
})
afterAll(async () => {
  client.close()
  await Promise.all([server[Symbol.asyncDispose](), m[Symbol.asyncDispose]()])
})

const TEXT = 'Tom and Mary went to the market. Tom gave a coin to'
const off: EditInput = { do: 'zero', at: { site: 'z', layer: 4 }, heads: [2] }

test('the page and its files are served, with headers that let no foreign script in', async () => {
  const page = await fetch(server.url)
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  const policy = page.headers.get('content-security-policy')!
  expect(policy).toContain("default-src 'none'")
  expect(/script-src ([^;]*)/.exec(policy)![1]).toBe("'self' 'wasm-unsafe-eval'")
  expect(page.headers.get('x-content-type-options')).toBe('nosniff')
  const script = await fetch(`${server.url}assets/main-0a1b2c3d.js`)
  expect(script.headers.get('cache-control')).toContain('immutable')
  expect([script.status, await script.text()]).toEqual([200, 'export {}'])
})

test('quick verbs give the numbers of the library', async () => {
  const info = await client.call('info', {})
  expect(info).toMatchObject({ model: 'specimen', models: ['specimen'], layers: 8, specimen: true })
  const { ids } = await client.call('tokens', { text: TEXT })
  const run = await m.run(TEXT, { edits: [off], capture: ['pattern'] })
  expect(ids).toEqual(run.passes[0]!.ids)
  const next = await client.call('next', { ids: [...ids], edits: [off] })
  expect(next.after!.loss).toBeCloseTo(run.passes[0]!.loss!, 5)
  expect(next.after!.logprob.data).toBeInstanceOf(Float32Array)
  const { pattern } = await client.call('patterns', { ids: [...ids], edits: [off], heads: [{ layer: 7, head: 3 }] })
  const size = ids.length ** 2
  const whole = run.get('pattern').data
  expect(largest(pattern.data, whole.subarray((7 * 8 + 3) * size, (7 * 8 + 4) * size))).toBeLessThan(1e-5)
})

test('a quick verb about a long text tells how far it is', async () => {
  const ids = Array.from({ length: 400 }, (_, i) => 1 + ((i * 31) % 4000))
  const done: number[] = []
  const next = await client.call('next', { ids, edits: [off] }, { onProgress: p => done.push(p.done) })
  expect(next.after!.loss).toBeCloseTo((await m.run(ids, { edits: [off] })).passes[0]!.loss!, 4)
  expect(done.length).toBeGreaterThan(0)
})

test('long verbs are jobs with progress, and their results those of the library', async () => {
  const said: string[] = []
  const { ids } = await client.call('tokens', { text: TEXT })
  const { grid } = await client.call(
    'ablate',
    { mode: 'zero', on: { prompts: [[...ids]] } },
    { onProgress: p => said.push(p.what) },
  )
  expect(grid.values).toEqual((await m.ablate({ mode: 'zero', prompts: [ids] })).values)
  expect(said.length).toBeGreaterThan(0)
})

test('a continuation comes token by token, with the edits and without', async () => {
  const { ids } = await client.call('tokens', { text: TEXT })
  const texts = { before: '', after: '' }
  for await (const piece of client.stream('generate', { ids: [...ids], edits: [off], maxTokens: 6 }))
    if ('text' in piece) texts[piece.side] += piece.text
  expect(texts.before).toBe((await m.generation(TEXT, { maxTokens: 6 })).text)
  expect(texts.after).toBe((await m.generation(TEXT, { maxTokens: 6, edits: [off] })).text)
})

test('an export is a file that begins like one', async () => {
  const { name, bytes } = await client.call('export', { edits: [off] })
  expect(name).toBe('specimen.onnx')
  expect(bytes.byteLength).toBeGreaterThan(20_000_000)
})

test('the newest question of a lane wins', async () => {
  const { ids } = await client.call('tokens', { text: TEXT.repeat(12) })
  const scale = (by: number) =>
    client.call('next', { ids: [...ids], edits: [{ ...off, do: 'scale', by } as EditInput] }, { lane: 'bars' })
  const ends = await Promise.allSettled([0.1, 0.2, 0.3, 0.4].map(scale))
  expect(ends.map(e => e.status)).toEqual(['rejected', 'rejected', 'rejected', 'fulfilled'])
  expect((ends[0] as PromiseRejectedResult).reason).toMatchObject({ code: 'superseded' })
})

test('a lane also works for clients that do not close their connections', async () => {
  const ids = Array.from({ length: 400 }, (_, i) => 1 + (i % 300))
  const ask = (by: number) =>
    fetch(`${server.url}api/next`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ lane: 'x', params: { ids, edits: [{ ...off, do: 'scale', by }] } }),
    })
  const answers = [ask(0.5)]
  await new Promise(resolve => setTimeout(resolve, 20))
  answers.push(ask(0.6))
  expect((await Promise.all(answers)).map(a => a.status)).toEqual([409, 200])
})

test('what is wrong is told in one sentence with the parameter', async () => {
  await expect(client.call('next', { ids: [5000] })).rejects.toMatchObject({ code: 'token-id', where: 'tokens[0]' })
  await expect(client.call('next', { ids: [1], tops: 3 } as never)).rejects.toMatchObject({
    code: 'params-unknown-key',
  })
  await expect(client.call('scores', { detectors: ['inductoin'] })).rejects.toMatchObject({ code: 'detector-unknown' })
  await expect(client.call('info', {}, { model: '/etc/passwd' })).rejects.toMatchObject({
    code: 'model-unknown',
    where: 'model',
  })
})
