// Times the static pages in a real Chromium: first paint, the first answer of a first visit, a new prompt, a head's scale
// dragged. `node bench/browser.mjs [--isolated]` prints one JSON document; --isolated sends the headers that allow threads.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import chromium from '@sparticuz/chromium'
import { chromium as playwright } from 'playwright-core'
import { preview } from 'vite'

const isolated = process.argv.includes('--isolated')
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const folder = mkdtempSync(join(tmpdir(), 'headwise-bench-'))
const headers = isolated
  ? { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }
  : {}

/** Builds a page and hands it out; gives its address. */
async function site(script, name) {
  const outDir = join(folder, name)
  const { status, stderr } = spawnSync(process.execPath, [join(root, script), outDir], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  const server = await preview({ configFile: false, root: folder, build: { outDir }, preview: { port: 0, headers } })
  return { address: server.resolvedUrls.local[0], close: () => server.close() }
}

/** Runs in the page: milliseconds of what a visitor does, at 32 tokens. */
async function visit() {
  const { engine } = globalThis
  const timed = async work => {
    const began = performance.now()
    await work()
    return performance.now() - began
  }
  const median = list => list.toSorted((a, b) => a - b)[list.length >> 1]
  const repeat = async (n, work) => {
    const all = []
    for (let i = 0; i < n; i++) all.push(await timed(() => work(i)))
    return { median: median(all), worst: Math.max(...all), n }
  }
  const ids = i => Array.from({ length: 32 }, (_, t) => 1 + ((37 * t + 101 * i) % 4000))
  const heads = Array.from({ length: 8 }, (_, head) => ({ layer: 6, head }))
  const read = await timed(() => engine.call('info', {}))
  const first = await timed(() => engine.call('next', { ids: ids(0) }))
  const prompt = await repeat(20, i => engine.call('patterns', { ids: ids(1 + i), heads }))
  const drag = {}
  for (const layer of [0, 3, 6]) {
    const edit = by => [{ do: 'scale', at: { site: 'z', layer }, heads: [5], by }]
    const opened = await timed(() => engine.call('next', { ids: ids(0), edits: edit(0.99) }))
    const moved = await repeat(40, i => engine.call('next', { ids: ids(0), edits: edit(i / 40) }))
    drag[layer] = { first: opened, ...moved, perSecond: 1000 / moved.median }
  }
  const { threads, backend } = await engine.call('info', {})
  return { backend, threads, modelReady: read, firstNext: first, promptToPatterns: prompt, drag }
}

try {
  const pages = [await site('scripts/build-pages.mjs', 'pages'), await site('test/browser/build.mjs', 'engine')]
  const browser = await playwright.launch({ executablePath: await chromium.executablePath(), args: ['--no-sandbox'] })
  const page = await browser.newPage()
  await page.goto(pages[0].address, { waitUntil: 'networkidle' })
  const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime)
  await page.close()
  const bare = await browser.newPage()
  await bare.goto(pages[1].address)
  const measured = await bare.evaluate(visit)
  const machine = { cpu: cpus()[0]?.model, cores: availableParallelism(), chromium: browser.version() }
  console.log(JSON.stringify({ kind: 'bench', name: 'browser', machine, firstPaint: paint, ...measured }, null, 2))
  await browser.close()
  for (const { close } of pages) await close()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
