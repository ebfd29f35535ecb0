// Measures the pattern of a long text in a real Chromium through the server, as JSON: until it stands, and the frames while
// it is dragged and zoomed. `node scripts/measure-pattern.mjs [TOKENS] [SHOT.png]`, default 4096; needs `npm run build`.
// The model is the specimen, told that it has room for so many tokens: what it attends to there means nothing, what it
// costs does.
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const options = { configFile: false, root, logLevel: 'error', oxc: { target: 'es2022' } }
const { launch } = (await runnerImport(join(root, 'test/browser/support.ts'), options)).module

const tokens = Number(process.argv[2] ?? 4096)
const shot = process.argv[3]
const folder = mkdtempSync(join(tmpdir(), 'headwise-long-'))
const model = join(folder, 'long')
cpSync(join(root, 'models/specimen'), model, { recursive: true })
const config = JSON.parse(readFileSync(join(model, 'config.json'), 'utf8'))
writeFileSync(join(model, 'config.json'), JSON.stringify({ ...config, max_position_embeddings: tokens }))
const half = Array.from({ length: tokens / 2 }, (_, i) => 1 + ((i * 7919) % 4000))

/** Runs in the page: milliseconds between frames while `move` is called once a frame. */
async function frames([kind, seconds]) {
  const canvas = document.querySelector('[data-matrix] canvas')
  const box = canvas.getBoundingClientRect()
  const at = { x: box.x + box.width * 0.45, y: box.y + box.height * 0.75 }
  const send = (type, more) =>
    canvas.dispatchEvent(
      new (type === 'wheel' ? WheelEvent : PointerEvent)(type, {
        bubbles: true,
        cancelable: true,
        pointerId: 1,
        pointerType: 'mouse',
        button: 0,
        buttons: 1,
        clientX: at.x,
        clientY: at.y,
        ...more,
      }),
    )
  // The pointer is not a real one.
  canvas.setPointerCapture = () => {}
  const gaps = []
  if (kind === 'drag') send('pointerdown', {})
  const start = performance.now()
  let last = start
  for (let i = 0; performance.now() - start < seconds * 1000; i++) {
    const phase = i / 30
    if (kind === 'drag')
      send('pointermove', { clientX: at.x + 120 * Math.sin(phase), clientY: at.y + 90 * Math.sin(phase * 1.3) })
    else send('wheel', { ctrlKey: true, deltaY: 40 * Math.cos(i / 40), buttons: 0 })
    const now = await new Promise(requestAnimationFrame)
    gaps.push(now - last)
    last = now
  }
  if (kind === 'drag') send('pointerup', { buttons: 0 })
  const sorted = gaps.slice(1).sort((a, b) => a - b)
  const share = p => Math.round(10 * sorted[Math.floor(p * (sorted.length - 1))]) / 10
  return { medianMs: share(0.5), p95Ms: share(0.95), longestMs: share(1), frames: sorted.length }
}
/** Runs in the page: whether nothing is waited for, and the pattern is as sharp as it gets. */
const sharp = () => document.querySelector('[data-matrix]:not(.stale)')?.getAttribute('data-sharp') === 'true'

const server = spawn(process.execPath, [join(root, 'dist/cli/main.js'), 'serve', model, '--port', '0', '--no-open'])
try {
  const url = await new Promise(done => server.stdout.once('data', text => done(String(text).trim())))
  const browser = await launch()
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } })
  const started = Date.now()
  const since = () => Date.now() - started
  await page.goto(`${url}#long/ids:${[...half, ...half].join(',')}?head=6.5&score=changes`)
  await page.waitForSelector('[data-after]', { timeout: 300_000 })
  const numbersMs = since()
  await page.waitForFunction(sharp, undefined, { timeout: 300_000 })
  const wholeMs = since()
  await page.locator('[data-matrix]').scrollIntoViewIfNeeded()
  if (shot) await page.screenshot({ path: shot })
  const measured = {}
  // A half, a quarter and a sixteenth of the text a side; zooming ends elsewhere, so each begins with the whole.
  for (const times of [1, 2, 4]) {
    const all = page.locator('[data-panel=pattern]').getByRole('button', { name: 'all', exact: true })
    if (await all.isEnabled()) await all.click()
    for (let i = 0; i < times; i++) await page.getByRole('button', { name: 'closer' }).click()
    const asked = Date.now()
    await page.waitForFunction(sharp, undefined, { timeout: 300_000 })
    const sharpMs = Date.now() - asked
    const shown = await page.locator('[data-panel=pattern] [data-shown]').textContent()
    // The address follows a view that rests.
    const place = async () => {
      await page.waitForTimeout(1000)
      return /window=[\d,]+/.exec(page.url())?.[0]
    }
    const before = await place()
    const drag = await page.evaluate(frames, ['drag', 5])
    if ((await place()) === before) throw new Error('the drag moved nothing')
    measured[shown.split(/[;:]/)[0]] = { sharpMs, drag, zoom: await page.evaluate(frames, ['zoom', 5]) }
    await page.waitForFunction(sharp, undefined, { timeout: 300_000 })
  }
  if (shot) await page.screenshot({ path: shot.replace('.png', '-close.png') })
  console.log(JSON.stringify({ tokens, numbersMs, wholeMs, ...measured }, null, 2))
  await browser.close()
} finally {
  server.kill()
  rmSync(folder, { recursive: true, force: true })
}
