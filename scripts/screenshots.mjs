// Takes the pictures of the workbench that the pages show and test/browser/screens.test.ts compares with, from its static
// build in a real Chromium. `node scripts/screenshots.mjs [FOLDER]` writes elsewhere than docs/images.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const out = resolve(process.argv[2] ?? join(root, 'docs/images'))

const options = { configFile: false, root, logLevel: 'error', oxc: { target: 'es2022' } }
const fromTests = async file => (await runnerImport(join(root, 'test/browser', file), options)).module
const { launch, serve } = await fromTests('support.ts')
const { SHOTS, fontsOf, take } = await fromTests('shots.ts')

const folder = mkdtempSync(join(tmpdir(), 'headwise-screens-'))
try {
  execFileSync(process.execPath, [join(root, 'scripts/build-pages.mjs'), join(folder, 'pages')], { stdio: 'inherit' })
  mkdirSync(out, { recursive: true })
  const site = await serve(join(folder, 'pages'))
  const browser = await launch()
  for (const shot of SHOTS) writeFileSync(join(out, `${shot.name}.png`), await take(browser, site.address, shot))
  const fonts = join(process.argv[2] ? out : join(root, 'test/browser'), 'screens.json')
  writeFileSync(fonts, `${JSON.stringify(await fontsOf(await browser.newPage()))}\n`)
  await browser.close()
  await site[Symbol.asyncDispose]()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
