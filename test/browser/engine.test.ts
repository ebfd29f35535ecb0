import { readFileSync } from 'node:fs'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { load } from '../../src/library/load.ts'
import type { Client } from '../../src/service/client.ts'
import { Service } from '../../src/service/service.ts'
import type { NextResult } from '../../src/service/verbs.ts'
import '../support/cache.ts'
import { complaints, launch, type Site, type SiteOptions, serve } from './support.ts'

declare global {
  var engine: Client
}

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(async () => await browser.close())

interface Visit {
  readonly site: Site
  readonly context: BrowserContext
  readonly page: Page
  /** What the page complained of. */
  readonly told: readonly string[]
}

/** A first visit of the page with the engine in its worker. */
async function visit(o: SiteOptions & { query?: string }, work: (v: Visit) => Promise<void>): Promise<void> {
  await using site = await serve(inject('enginePage'), o)
  const context = await browser.newContext()
  const told = complaints(context)
  try {
    const page = await context.newPage()
    await page.goto(`${site.address}${o.query ?? ''}`)
    await work({ site, context, page, told })
  } finally {
    await context.close()
  }
}

const info = (page: Page) => page.evaluate(() => globalThis.engine.call('info', {}))
/** How a call ends: with its value, or with the code of its error. */
const codeOf = (page: Page, verb: string, params: object) =>
  page.evaluate(
    ([v, p]) =>
      globalThis.engine.call(v as 'info', p as Record<string, never>).then(
        () => 'answered',
        (e: { code: string }) => e.code,
      ),
    [verb, params] as const,
  )

/** Resident memory of every process that holds pages. */
async function rendererBytes(): Promise<number> {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  await session.detach()
  const pages = (processInfo as { type: string; id: number }[]).filter(p => p.type === 'renderer')
  expect(pages.length).toBeGreaterThan(0)
  const kib = pages.map(p => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${p.id}/status`, 'utf8'))![1]))
  return kib.reduce((a, b) => a + b) * 1024
}

const IDS = [0, 11, 203, 45, 7, 996, 1201, 88, 11, 203]
const OFF = [{ do: 'zero' as const, at: { site: 'z' as const, layer: 6 }, heads: [5] }]

test('a plain static host, any sub-path: one thread, nothing fetched from elsewhere, no complaint', () =>
  visit({ under: '/some/where/' }, async ({ site, page, told }) => {
    const outside: string[] = []
    page.on('request', r => {
      if (!r.url().startsWith(site.address)) outside.push(r.url())
    })
    expect(await info(page)).toMatchObject({ model: 'specimen', backend: 'wasm', threads: 1, layers: 8, heads: 8 })
    expect(site.requests.every(path => path.startsWith('/some/where/'))).toBe(true)
    expect(site.requests.filter(path => path.endsWith('.safetensors'))).toHaveLength(1)
    expect(site.requests.some(path => path.includes('asyncify'))).toBe(false)
    expect(outside).toEqual([])
    expect(told).toEqual([])
  }))

test('a cross-origin isolated page: as many threads as there are cores, and the numbers of one', () =>
  visit({ isolated: true }, async ({ page, told }) => {
    const cores = await page.evaluate(() => navigator.hardwareConcurrency)
    expect(await info(page)).toMatchObject({ threads: Math.min(4, cores) })
    await agrees(page)
    expect(told).toEqual([])
  }))

/** The next token as Node's service tells it. */
async function agrees(page: Page): Promise<void> {
  await using node = await load('specimen', { threads: 1 })
  const service = new Service(node, { name: 'specimen', specimen: true, notice: '', version: '', budget: 2 ** 28 })
  const expected = (await service.call('next', { ids: IDS, edits: OFF })) as NextResult
  const found = await page.evaluate(
    async ([ids, edits]) => {
      const { tokens, before, after, divergence } = await globalThis.engine.call('next', { ids, edits })
      const sides = [before, after!].map(side => ({ logprob: [...side.logprob.data], best: [...side.best.data] }))
      return { tokens, sides, divergence }
    },
    [IDS, OFF] as const,
  )
  expect(found.tokens.map(t => t.id)).toEqual(expected.tokens.map(t => t.id))
  for (const [i, t] of found.tokens.entries()) {
    expect(Math.abs(t.before - expected.tokens[i]!.before)).toBeLessThan(1e-4)
    expect(Math.abs(t.after - expected.tokens[i]!.after)).toBeLessThan(1e-4)
  }
  for (const [i, side] of [expected.before, expected.after!].entries()) {
    expect(found.sides[i]!.best).toEqual([...side.best.data])
    for (const [t, logprob] of side.logprob.data.entries())
      expect(Math.abs(found.sides[i]!.logprob[t]! - logprob)).toBeLessThan(1e-4)
  }
  expect(Math.abs(found.divergence - expected.divergence)).toBeLessThan(1e-4)
}

test('what the worker answers is what Node answers', () => visit({}, async ({ page }) => await agrees(page)))

describe('?device=webgpu', () => {
  test('the worker computes on WebGPU, and fetches its runtime only', () =>
    visit({ query: '?device=webgpu' }, async ({ site, page, told }) => {
      expect(await info(page)).toMatchObject({ backend: 'webgpu' })
      expect(site.requests.filter(p => p.endsWith('.wasm')).every(p => p.includes('asyncify'))).toBe(true)
      await agrees(page)
      expect(told).toEqual([])
    }))

  test('a browser without it says so', async () => {
    await using site = await serve(inject('enginePage'))
    const plain = await launch(['--no-sandbox', '--disable-gpu'])
    const page = await plain.newPage()
    await page.goto(`${site.address}?device=webgpu`)
    const error = await page.evaluate(() =>
      globalThis.engine.call('info', {}).catch((e: { code: string; message: string }) => [e.code, e.message]),
    )
    expect(error).toEqual([
      'device',
      expect.stringMatching(/^WebGPU cannot be used here \(.+\); leave the device out\.$/),
    ])
    await plain.close()
  })
})

describe('files', () => {
  test('a second visit fetches no model again', () =>
    visit({}, async ({ site, page }) => {
      await info(page)
      await page.reload()
      expect(await info(page)).toMatchObject({ model: 'specimen' })
      for (const suffix of ['.safetensors', '.json'])
        expect(site.requests.filter(p => p.endsWith(suffix) && !p.includes('manifest'))).toHaveLength(1)
    }))

  const model = /model-.*\.safetensors$/
  const changed = (change: (bytes: Uint8Array) => Uint8Array) => (path: string) => {
    if (!model.test(path)) return undefined
    const file = `${inject('enginePage')}/engine/${path.split('/').at(-1)}`
    return change(new Uint8Array(readFileSync(file)))
  }
  const flipped = (bytes: Uint8Array): Uint8Array => bytes.with(9_000_000, bytes[9_000_000]! ^ 1)
  test.for<[string, SiteOptions['instead'], string]>([
    ['one bit is another', changed(flipped), 'page-file'],
    ['cut', changed(b => b.slice(0, -1)), 'page-file'],
    ['too long', changed(b => new Uint8Array([...b.slice(-8), ...b])), 'page-file'],
    ['not there', path => (model.test(path) ? 404 : undefined), 'unreachable'],
    ['a connection that breaks', path => (model.test(path) ? 'broken' : undefined), 'unreachable'],
    [
      'a manifest that is none',
      path => (path.includes('manifest') ? new TextEncoder().encode('{}') : undefined),
      'page-manifest',
    ],
    [
      'a manifest that is no JSON',
      path => (path.includes('manifest') ? new TextEncoder().encode('<p>') : undefined),
      'page-manifest',
    ],
  ])('refused: %s', ([, instead, code]) =>
    visit({ ...(instead && { instead }) }, async ({ page }) => {
      expect(await codeOf(page, 'info', {})).toBe(code)
    }),
  )

  test('after a fetch that failed the next call tries again', async () => {
    let broken = true
    await visit({ instead: path => (broken && model.test(path) ? 503 : undefined) }, async ({ page }) => {
      expect(await codeOf(page, 'info', {})).toBe('unreachable')
      broken = false
      expect(await codeOf(page, 'info', {})).toBe('answered')
    })
  })
})

describe('calls', () => {
  let site: Site
  let page: Page
  beforeAll(async () => {
    site = await serve(inject('enginePage'))
    page = await browser.newPage()
    await page.goto(site.address)
    await info(page)
  })
  afterAll(async () => {
    await page.close()
    await site[Symbol.asyncDispose]()
  })

  test.for<[string, string, object, string]>([
    ['a parameter that the verb does not know', 'next', { ids: IDS, edit: [] }, 'params-unknown-key'],
    ['a token that the model does not have', 'next', { ids: [5000] }, 'token-id'],
    ['a verb that there is not', 'delete', {}, 'verb-unknown'],
  ])('refused: %s', async ([, verb, params, code]) => {
    expect(await codeOf(page, verb, params)).toBe(code)
    expect(await codeOf(page, 'info', {})).toBe('answered')
  })

  test('newest wins within a lane; other lanes go on', async () => {
    const ends = await page.evaluate(
      async ([ids, edits]) => {
        const { engine } = globalThis
        const ask = (by: number, lane: string) =>
          engine.call('next', { ids, edits: edits.map(e => ({ ...e, do: 'scale' as const, by })) }, { lane }).then(
            () => 'answered',
            (e: { code: string }) => e.code,
          )
        return await Promise.all([ask(0.1, 'bars'), ask(0.2, 'bars'), ask(0.3, 'other'), ask(0.4, 'bars')])
      },
      [IDS, OFF] as const,
    )
    expect(ends).toEqual(['superseded', 'superseded', 'answered', 'answered'])
  })

  test('an aborted call ends at once, and the engine answers the next one', async () => {
    const code = await page.evaluate(async () => {
      const stop = new AbortController()
      const running = globalThis.engine.call('scores', { detectors: ['induction'] }, { signal: stop.signal })
      setTimeout(() => stop.abort(), 20)
      return await running.catch((e: { code: string }) => e.code)
    })
    expect(code).toBe('interrupted')
    expect(await codeOf(page, 'next', { ids: IDS })).toBe('answered')
  })

  test('a continuation comes piece by piece, and can be left', async () => {
    const pieces = await page.evaluate(async ids => {
      const all: unknown[] = []
      for await (const piece of globalThis.engine.stream('generate', { ids, maxTokens: 4 })) all.push(piece)
      for await (const piece of globalThis.engine.stream('generate', { ids, maxTokens: 400 })) {
        all.push(piece)
        break
      }
      return all
    }, IDS)
    expect(pieces.slice(0, 5)).toMatchObject([{}, {}, {}, {}, { side: 'before', end: true }])
    expect(pieces).toHaveLength(6)
    expect(await codeOf(page, 'next', { ids: IDS })).toBe('answered')
  })

  test('long work tells how far it has come', async () => {
    const told = await page.evaluate(async ids => {
      const all: { done: number; total: number }[] = []
      await globalThis.engine.call('ablate', { mode: 'zero', on: { prompts: [ids] } }, { onProgress: p => all.push(p) })
      return all
    }, IDS)
    expect(told.length).toBeGreaterThan(4)
    expect(told.at(-1)!.done).toBe(told.at(-1)!.total)
  })

  test.skipIf(process.platform !== 'linux')('memory stays flat over 200 edits', async () => {
    const edits = (count: number) =>
      page.evaluate(
        async ([ids, n]) => {
          for (let i = 0; i < n; i++) {
            const edit = {
              do: 'scale' as const,
              at: { site: 'z' as const, layer: 5 + (i % 3) },
              heads: [i % 8],
              by: i / n,
            }
            await globalThis.engine.call('next', { ids, edits: [edit] })
          }
        },
        [IDS, count] as const,
      )
    await edits(30)
    const before = await rendererBytes()
    await edits(200)
    expect(await rendererBytes()).toBeLessThan(before + 32 * 2 ** 20)
  })

  test('a closed engine says so', async () => {
    await page.evaluate(() => globalThis.engine.close())
    expect(await codeOf(page, 'info', {})).toBe('closed')
  })
})
