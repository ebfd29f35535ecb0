import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { percent } from '../../app/src/marks/number.ts'
import { load } from '../../src/library/load.ts'
import { type Started, start } from '../cli/support.ts'
import { complaints, launch, type Site, serve } from './support.ts'

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>(resolve => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise(resolve => probe.close(resolve))
  return port
}

/** The workbench as the command serves it, in a real browser. */
let browser: Browser
let server: Started
let address = ''
let other: Site
const folder = mkdtempSync(join(tmpdir(), 'headwise-other-'))
beforeAll(async () => {
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>another site</title>')
  other = await serve(folder)
  browser = await launch()
  const port = await freePort()
  server = start(['serve', 'specimen', '--port', String(port)], { waiting: true })
  await server.seen('stdout', /^http:.*\n/)
  address = `http://127.0.0.1:${port}/`
})
afterAll(async () => {
  server.kill('SIGINT')
  await server.ended
  await browser.close()
  await other[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

const PROMPT = 'One day Lily found a shiny key. Ben lost the shiny'

test('the page of the server shows what the library says, and its policy is in nobody’s way', async () => {
  await using m = await load('specimen')
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const wrong = complaints(context)
  const page = await context.newPage()
  await page.goto(address)
  const bars = () => page.locator('[data-panel=next] [data-after]').allTextContents()
  const { passes } = await m.run(PROMPT)
  await expect.poll(bars, { timeout: 30_000 }).toContain(percent(Math.exp(passes[0]!.top[0]!.logprob)))
  // Markup in a prompt is text.
  const markup = '<script>window.hurt = 1</script><img src=x onerror="window.hurt = 1">'
  await page.locator('[data-prompt]').fill(markup)
  const { passes: edited } = await m.run(markup)
  await expect.poll(bars, { timeout: 30_000 }).toContain(percent(Math.exp(edited[0]!.top[0]!.logprob)))
  expect(await page.evaluate(() => 'hurt' in window)).toBe(false)
  await context.close()
  // A continuation that a newer prompt made superfluous is left in the middle.
  expect(wrong.filter(w => !w.endsWith('/events: net::ERR_ABORTED'))).toEqual([])
})

test('a page of another site learns nothing and starts nothing', async () => {
  const page = await (await browser.newContext()).newPage()
  await page.goto(other.address)
  const outcomes = await page.evaluate(async target => {
    const body = JSON.stringify({ params: { ids: [1, 2], maxTokens: 4 } })
    const tried = async (what: string, work: () => Promise<unknown>) =>
      [
        what,
        await work().then(
          x => `read ${String(x)}`,
          () => 'refused',
        ),
      ] as const
    const ask = (path: string, o: RequestInit) => async () => (await fetch(`${target}${path}`, o)).status
    const json = { 'Content-Type': 'application/json' }
    const element = (make: () => HTMLElement & { src?: string }) => () =>
      new Promise((resolve, reject) => {
        const e = make()
        e.onload = () => resolve('loaded')
        e.onerror = () => reject(new Error('error'))
        document.body.append(e)
      })
    return await Promise.all([
      tried('JSON', ask('api/jobs/generate', { method: 'POST', body, headers: json })),
      tried('a read', ask('api/jobs/x', {})),
      tried('the page', ask('', {})),
      tried(
        'an image',
        element(() => Object.assign(new Image(), { src: `${target}icon.svg` })),
      ),
      tried(
        'a script',
        element(() => Object.assign(document.createElement('script'), { src: `${target}api/info` })),
      ),
      tried(
        'a socket',
        () =>
          new Promise((resolve, reject) => {
            const socket = new WebSocket(`${target.replace('http', 'ws')}api/info`)
            socket.onopen = () => resolve('open')
            socket.onerror = () => reject(new Error('error'))
          }),
      ),
      // Sent without asking, and refused: its answer says that no other site may have it.
      tried('plain text', ask('api/jobs/generate', { method: 'POST', mode: 'no-cors', body })),
    ])
  }, address)
  expect(Object.fromEntries(outcomes)).toEqual({
    JSON: 'refused',
    'a read': 'refused',
    'the page': 'refused',
    'an image': 'refused',
    'a script': 'refused',
    'a socket': 'refused',
    'plain text': 'refused',
  })
  const framed = await page.evaluate(target => {
    const frame = document.createElement('iframe')
    frame.src = target
    document.body.append(frame)
    return new Promise<boolean>(resolve => {
      frame.onload = () => resolve(frame.contentDocument === null)
    })
  }, address)
  expect(framed).toBe(true)
  expect(page.frames().filter(f => f.url().startsWith(address))).toEqual([])
  await page.context().close()
})
