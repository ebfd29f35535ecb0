import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Headwise } from '../../src/library/headwise.ts'
import { load } from '../../src/library/load.ts'
import { Service } from '../../src/service/service.ts'
import type { MetricResult } from '../../src/service/verbs.ts'
import { f32 } from '../../src/words/arrays.ts'
import type { EditInput } from '../../src/words/edit.ts'
import '../support/allclose.ts'
import { fixture, json, tensors } from '../support/models.ts'
import { arrayOf, launch, type Site, serve } from './support.ts'

/** What browsers may differ from Node by, absolute. */
const ATOL = 1e-4
const golden = (file: string): string => fixture('golden-specimen', file)

let browser: Browser
let site: Site
let node: Headwise
beforeAll(async () => {
  browser = await launch()
  site = await serve(inject('enginePage'))
  node = await load('specimen', { threads: 2 })
})
afterAll(async () => {
  await browser.close()
  await site[Symbol.asyncDispose]()
  await node[Symbol.asyncDispose]()
})

const { ids } = json<{ ids: number[] }>(golden('internals.json'))
const other = json<{ ids: number[]; name: string }[]>(golden('logits.json')).find(p => p.name === 'ioi')!.ids
const LENGTH = 10
const [short, another] = [other.slice(0, LENGTH), ids.slice(0, LENGTH)]
const heads = [1, 5]
const z = { site: 'z', layer: 6 } as const
const scores = { site: 'scores', layer: 4 } as const

/** One edit of every kind. */
const EDITS: Readonly<Record<EditInput['do'], EditInput>> = {
  zero: { do: 'zero', at: z, heads },
  mean: { do: 'mean', at: z, heads, reference: 'self' },
  resample: { do: 'resample', at: z, heads, seed: 3 },
  scale: { do: 'scale', at: z, heads, by: -1.5 },
  add: { do: 'add', at: { site: 'resid_pre', layer: 2 }, positions: [3, 5], value: 0.25 },
  set: { do: 'set', at: { site: 'mlp_out', layer: 1 }, positions: 'last', value: 0.5 },
  patch: { do: 'patch', at: z, heads, ids: another },
  knockout: { do: 'knockout', at: { site: 'scores', layer: 6 }, heads: [5], keys: [0, 1] },
  temperature: { do: 'temperature', at: scores, heads: [7], tau: 0.5 },
  bias: { do: 'bias', at: scores, heads: [7], keys: [2], by: 3 },
}

describe.for(['wasm', 'webgpu'] as const)('the specimen on %s in Chromium', device => {
  let page: Page
  const run = (prompts: number[][], o: { capture?: string[]; edits?: EditInput[]; allLogits?: boolean }) =>
    page.evaluate(([p, options]) => globalThis.page.run(p, options), [prompts, o] as const)
  beforeAll(async () => {
    page = await browser.newPage()
    await page.goto(`${site.address}direct.html`)
    const { hash } = await page.evaluate(d => globalThis.page.open(d), device)
    expect(hash).toBe(node.engine.weights.hash)
  })
  afterAll(async () => {
    await page.evaluate(() => globalThis.page.close())
    await page.close()
  })

  test('logits of every position, as in Node and as the reference implementation says', async () => {
    const o = { allLogits: true }
    const [prompt] = json<{ ids: number[]; name: string }[]>(golden('logits.json'))
    const [[found] = []] = await run([prompt!.ids], o)
    expect(arrayOf(found!)).toBeAllclose((await node.run(prompt!.ids, o)).logits, { atol: ATOL })
    const expected = await tensors(golden('logits.safetensors'))
    expect(arrayOf(found!)).toBeAllclose(expected(`logits.${prompt!.name}`), { atol: 1e-3 })
  })

  test('patterns, z, queries and keys of every layer', async () => {
    const capture = ['pattern', 'z', 'q', 'k']
    const [[, ...found] = []] = await run([ids], { capture })
    const result = await node.run(ids, { capture })
    const expected = await tensors(golden('internals.safetensors'))
    for (const [i, site] of capture.entries()) {
      expect(arrayOf(found[i]!), site).toBeAllclose(result.get(site), { atol: ATOL })
      const name = site === 'pattern' ? 'patterns' : site
      expect(arrayOf(found[i]!), site).toBeAllclose(expected(name), { atol: 5e-4 })
    }
  })

  test.for(Object.entries(EDITS))('an edit: %s', async ([, edit]) => {
    const o = { edits: [edit] }
    const prompts = edit.do === 'resample' ? [short, another] : [short]
    const [[found] = []] = await run(prompts, o)
    const { logits } = await node.run(prompts, o)
    expect(arrayOf(found!)).toBeAllclose(logits, { atol: ATOL })
    expect(logits).not.toBeAllclose((await node.run(short)).logits, { atol: 1e-2 })
  })

  test('a sweep over the heads of a layer, by the planner', async () => {
    const runs = Array.from({ length: 8 }, (_, head): EditInput[] => [{ do: 'zero', at: z, heads: [head] }])
    const found = await page.evaluate(([p, r]) => globalThis.page.sweep(p, r), [short, runs] as const)
    const facts = { name: 'specimen', specimen: true, notice: '', version: '', budget: 2 ** 28 }
    const params = { ids: short, runs, read: { metric: 'loss' } }
    const { clean, values } = (await new Service(node, facts).call('metric', params)) as MetricResult
    expect(f32([9], Float32Array.from(found))).toBeAllclose(f32([9], Float32Array.of(clean, ...values)), { atol: ATOL })
    expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(1e-2)
  })
})
