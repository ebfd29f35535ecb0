// Takes the pictures of the workbench that the pages show, from its static build in a real Chromium, into docs/images.
// `node scripts/screenshots.mjs [FOLDER]` writes elsewhere.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const out = resolve(process.argv[2] ?? join(root, 'docs/images'))
const PROMPT = 'One day Lily found a shiny key. Ben lost the shiny'
const OFF = 'head=6.5,6.1&score=induction&edit=z:6.5*0,z:6.1*0'
const DESK = { width: 1280, height: 800 }
const PHONE = { width: 390, height: 844 }

/** Name, address, size, theme, and what must be on the page. */
const SHOTS = [
  ['workbench', '', DESK, 'light', 'mean attention'],
  ['workbench-off', `#specimen/${PROMPT}?${OFF}`, DESK, 'light', 'head 6.1 off'],
  ['workbench-dark', `#specimen/${PROMPT}?${OFF}`, DESK, 'dark', 'head 6.1 off'],
  ['workbench-effect', `#specimen/${PROMPT}?head=4.7&score=ablate-next`, DESK, 'light', 'head removed'],
  ['workbench-phone', '', PHONE, 'light', 'mean attention'],
  ['workbench-phone-dark', `#specimen/${PROMPT}?${OFF}`, PHONE, 'dark', 'head 6.1 off'],
]

const options = { configFile: false, root, logLevel: 'error', oxc: { target: 'es2022' } }
const { launch, serve } = (await runnerImport(join(root, 'test/browser/support.ts'), options)).module
const folder = mkdtempSync(join(tmpdir(), 'headwise-screens-'))
try {
  execFileSync(process.execPath, [join(root, 'scripts/build-pages.mjs'), join(folder, 'pages')], { stdio: 'inherit' })
  mkdirSync(out, { recursive: true })
  const site = await serve(join(folder, 'pages'))
  const browser = await launch()
  for (const [name, state, viewport, colorScheme, text] of SHOTS) {
    const page = await browser.newPage({ viewport, colorScheme, reducedMotion: 'reduce' })
    await page.goto(`${site.address}${state}`)
    await page.waitForFunction(
      words =>
        document.body.textContent.includes(words) &&
        document.querySelector('[data-after]') &&
        !document.querySelector('[role=status]:not(:empty)') &&
        document.querySelector('[data-panel=continuation]:not(:has(.stale)) dd')?.textContent.length > 20,
      text,
      { timeout: 120_000 },
    )
    // Drawing follows the last answer.
    await page.waitForTimeout(500)
    await page.screenshot({ path: join(out, `${name}.png`) })
    await page.close()
  }
  await browser.close()
  await site[Symbol.asyncDispose]()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
