import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Headwise } from '../../src/library/headwise.ts'
import { load } from '../../src/library/load.ts'
import type * as views from '../../src/views/index.ts'
import { complaints, launch } from './support.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const TEXT = 'One day Lily found a shiny key. Ben lost the shiny'

/** What the page finds in its globals. */
type Globals = typeof globalThis & { views: typeof views; bad?: unknown }

let browser: Browser
let context: BrowserContext
let page: Page
let node: Headwise
let wrong: readonly string[]
beforeAll(async () => {
  const bundle = await rolldown({
    input: join(import.meta.dirname, '../../src/views/index.ts'),
    platform: 'browser',
  })
  const { output } = await bundle.generate({ format: 'iife', name: 'views' })
  ;[browser, node] = await Promise.all([launch(), load('specimen')])
  context = await browser.newContext({ reducedMotion: 'reduce' })
  wrong = complaints(context)
  page = await context.newPage()
  await page.setContent(
    '<!doctype html><html lang="en"><title>a page</title><main><h1>A page of its own</h1></main></html>',
  )
  await page.addScriptTag({ content: output[0].code })
})
afterAll(async () => {
  expect(wrong).toEqual([])
  await browser.close()
  await node[Symbol.asyncDispose]()
})

const caption = () => page.locator('figcaption').textContent()

test('a result in somebody’s page: rows and heads are chosen by pointer and keys, the numbers are the library’s', async () => {
  const { document: run, get } = await node.run(TEXT, { capture: ['pattern'] })
  if (!('tokens' in run)) throw new Error('one prompt')
  const tokenizer = await node.tokenizer()
  const { shape, data } = get('pattern')
  const [, heads = 0, T = 0] = shape
  const texts = run.tokens.map(id => tokenizer.tokenText(id))
  await page.evaluate(
    ({ tokens, texts, shape, data }) => {
      const { views } = globalThis as Globals
      const view = views.attentionView({ tokens }, { shape, data }, { texts, head: '6.5', theme: 'light' })
      document.querySelector('main')!.append(view.node())
    },
    { tokens: run.tokens, texts, shape: [...shape], data: [...data] },
  )
  const share = (layer: number, head: number, q: number, k: number) =>
    data[((layer * heads + head) * T + q) * T + k]!.toPrecision(3)
  expect(await caption()).toContain(
    `Head 6.5, share of attention from “␣shiny” at 12: ${share(6, 5, 12, 7)} to “␣key” at 7`,
  )
  await page.getByRole('combobox', { name: 'head' }).selectOption('6.1')
  expect(await caption()).toContain(`${share(6, 1, 12, 7)} to “␣key” at 7`)
  await page.locator('[role=listbox]').focus()
  await page.keyboard.press('ArrowLeft')
  expect(await caption()).toContain('from “␣the” at 11')
  await page.locator('[data-token="6"]').click()
  expect(await caption()).toContain('from “␣shiny” at 6')
  expect(await page.locator('[data-token="6"]').getAttribute('aria-selected')).toBe('true')
})

test('axe finds nothing wrong in it', async () => {
  await page.evaluate(axe)
  const violations = await page.evaluate(async () => {
    const { violations } = await (
      globalThis as never as { axe: { run(): Promise<{ violations: { id: string; nodes: unknown[] }[] }> } }
    ).axe.run()
    return violations.map(v => v.id)
  })
  expect(violations).toEqual([])
})

test('tokens that are markup stay text, in nodes and in a notebook’s HTML', async () => {
  const texts = ['<script>globalThis.bad=1</script>', '"><img src=x onerror="globalThis.bad=1">']
  const found = await page.evaluate(texts => {
    const { views } = globalThis as Globals
    const view = views.attentionView({ tokens: [1, 2] }, { shape: [1, 1, 2, 2], data: [1, 0, 0.5, 0.5] }, { texts })
    const notebook = document.createElement('div')
    notebook.innerHTML = view.toHtml()
    document.body.append(view.node(), notebook)
    return document.querySelectorAll('main script, figure script, figure img').length
  }, texts)
  expect(found).toBe(0)
  expect(await page.evaluate(() => (globalThis as Globals).bad)).toBeUndefined()
  expect(await page.locator('[data-token="0"]').last().textContent()).toContain('<script>')
})

test('a result of any kind is an element, with the numbers that it holds and nothing of theirs run', async () => {
  const [grid] = await node.scores(['induction'])
  const { document: run } = await node.run(TEXT)
  const evil = { ...grid!, metric: '<script>globalThis.bad=1</script><img src=x onerror="globalThis.bad=1">' }
  const seen = await page.evaluate(
    ([grid, run, evil]) => {
      const { views } = globalThis as Globals
      const nodes = [grid, run, evil].map(result => views.view(result as never, { theme: 'light' }).node())
      document.querySelector('main')!.append(...nodes)
      return nodes.map(n => ({
        name: n.nodeName,
        words: n.querySelector('figcaption')?.textContent,
        drawn: n.querySelector('svg')?.getBoundingClientRect().width ?? 0,
        cells: [...n.querySelectorAll('tbody tr:first-child td')].map(c => c.textContent),
        strange: n.querySelectorAll('script, img').length,
      }))
    },
    [grid, run, evil] as unknown[],
  )
  expect(seen.map(s => [s.name, s.strange])).toEqual(Array(3).fill(['FIGURE', 0]))
  expect(seen[0]!.words).toMatch(/furthest from 0 at layer 6, head [15]\.$/)
  expect(seen[0]!.drawn).toBeGreaterThan(200)
  if (!('tokens' in run)) throw new Error('one prompt')
  const [best] = run.top
  expect(seen[1]!.cells).toEqual([
    JSON.stringify(best!.token),
    String(best!.id),
    `${(100 * Math.exp(best!.logprob)).toFixed(1)}%`,
  ])
  expect(await page.evaluate(() => (globalThis as Globals).bad)).toBeUndefined()
  expect(await page.locator('metadata[id]').count()).toBe(0)
})

test('a pattern of 2,048 tokens is drawn by its largest entries', async () => {
  const words = await page.evaluate(() => {
    const { views } = globalThis as Globals
    const T = 2048
    const data = new Float32Array(T * T)
    for (let q = 0; q < T; q++) data[q * T + Math.floor(q / 2)] = 1
    const view = views.attentionView(
      { tokens: Array.from({ length: T }, (_, i) => i) },
      { shape: [1, 1, T, T], data },
      { theme: 'light' },
    )
    const element = view.node()
    const canvas = element.querySelector('canvas')!
    const pixels = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height).data
    const at = (x: number, y: number) => pixels[4 * (y * canvas.width + x)]!
    return {
      words: element.lastElementChild!.textContent,
      side: canvas.width,
      dark: at(200, 400),
      pale: at(100, 400),
      above: at(400, 200),
    }
  })
  expect(words).toMatchObject({
    side: 512,
    words: expect.stringContaining('each cell is the largest of 4 × 4 entries'),
  })
  expect(words.dark).toBeLessThan(60)
  expect(words.pale).toBeGreaterThan(200)
  expect(words.above).toBe(0)
})
