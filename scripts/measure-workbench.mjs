// Measures the workbench in a real Chromium, as JSON: first numbers, a scale dragged at the screen's rate for five seconds
// at 32 tokens, and text typed into the prompt. `node scripts/measure-workbench.mjs [URL]` measures a server's page instead
// of the static build, which is built first. First paint, which comes after the page's load, is in bench/browser.mjs.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const options = { configFile: false, root, logLevel: 'error', oxc: { target: 'es2022' } }
const { launch, serve } = (await runnerImport(join(root, 'test/browser/support.ts'), options)).module

/** 32 tokens for the specimen. */
const TEXT =
  'One day Lily found a shiny key. Ben lost the shiny key in the park. Lily was sad and Ben was sad too. Then Lily saw the'
const [given] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'headwise-measure-'))

/** Runs in the page: every update of the bars while the scale moves. */
async function drag() {
  const bars = document.querySelector('[data-panel=next] ol')
  const times = []
  const observer = new MutationObserver(() => times.push(performance.now()))
  observer.observe(bars, { subtree: true, childList: true, characterData: true })
  const scale = document.querySelector('[data-panel=head] input[type=range]')
  const start = performance.now()
  for (let frame = 0; performance.now() - start < 5000; frame++) {
    // Never twice the same value, so that nothing is answered from memory.
    scale.step = 'any'
    scale.value = String(1 + Math.sin(frame / 7) - frame * 1e-5)
    scale.dispatchEvent(new Event('input', { bubbles: true }))
    await new Promise(requestAnimationFrame)
  }
  observer.disconnect()
  const gaps = times.slice(1).map((t, i) => t - times[i])
  return { updatesPerSecond: times.length / 5, longestGapMs: Math.round(Math.max(...gaps)) }
}

/** Runs in the page: from a key to the pattern that belongs to it. */
async function type() {
  const field = document.querySelector('[data-prompt]')
  const shown = () => document.querySelector('[data-panel=next] ol').textContent
  const times = []
  for (const piece of [' big', ' red', ' box', ' in', ' the']) {
    const before = shown()
    const start = performance.now()
    field.value += piece
    field.dispatchEvent(new Event('input', { bubbles: true }))
    while (shown() === before) await new Promise(requestAnimationFrame)
    times.push(Math.round(performance.now() - start))
    await new Promise(done => setTimeout(done, 1500))
  }
  return { keyToBarsMs: times }
}

let site
try {
  if (!given) {
    execFileSync(process.execPath, [join(root, 'scripts/build-pages.mjs'), join(folder, 'pages')], { stdio: 'ignore' })
    site = await serve(join(folder, 'pages'))
  }
  const browser = await launch()
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  const started = Date.now()
  await page.goto(`${given ?? site.address}#${given ? '' : 'specimen'}/${TEXT}?head=6.5&score=induction`)
  await page.waitForSelector('[data-after]', { timeout: 120_000 })
  const firstNumbersMs = Date.now() - started
  await page.waitForTimeout(8000)
  const tokens = await page.locator('[data-count]').textContent()
  const moved = await page.evaluate(drag)
  await page.waitForTimeout(2000)
  const typed = await page.evaluate(type)
  console.log(JSON.stringify({ tokens, firstNumbersMs, ...moved, ...typed }, null, 2))
  await browser.close()
} finally {
  await site?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
}
