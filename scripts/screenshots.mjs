// Takes the pictures of the workbench that the pages show and test/browser/screens.test.ts compares with, from its static
// build in a real Chromium. `node scripts/screenshots.mjs [FOLDER]` writes elsewhere than docs/images. One more, of a long
// text in a model of others (docs/images/workbench-long.png), is taken from a server (`npm run build`) where model and text
// lie in a folder `shared` beside the repository, and is compared with nothing.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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

/** Two thousand tokens of SmolLM2's; an induction head of it, and a place where it finds what followed before. */
const long = {
  model: join(root, '../shared/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf'),
  text: join(root, '../shared/data/tinyshakespeare/input.txt'),
  letters: 7000,
  view: 'head=18.6&score=induction&query=1195&key=1173&window=1166,1166,36',
}
async function takeLong(browser) {
  const missing = [long.model, long.text].filter(f => !existsSync(f))
  if (missing.length > 0) {
    console.error(`workbench-long.png was left out: ${missing.join(' and ')} is not there.`)
    return
  }
  const server = spawn(process.execPath, [
    join(root, 'dist/cli/main.js'),
    'serve',
    long.model,
    '--port',
    '0',
    '--no-open',
  ])
  try {
    const url = await new Promise(done => server.stdout.once('data', text => done(String(text).trim())))
    const prompt = encodeURIComponent(readFileSync(long.text, 'utf8').slice(0, long.letters))
    const shot = {
      ...{ state: `#SmolLM2-135M-Instruct.Q4_1.gguf/${prompt}?${long.view}`, words: '→', panel: 'pattern' },
      ...{ size: { width: 1280, height: 800 }, theme: 'light' },
    }
    writeFileSync(join(out, 'workbench-long.png'), await take(browser, url, shot))
  } finally {
    server.kill()
  }
}

const folder = mkdtempSync(join(tmpdir(), 'headwise-screens-'))
try {
  execFileSync(process.execPath, [join(root, 'scripts/build-pages.mjs'), join(folder, 'pages')], { stdio: 'inherit' })
  mkdirSync(out, { recursive: true })
  const site = await serve(join(folder, 'pages'))
  const browser = await launch()
  for (const shot of SHOTS) writeFileSync(join(out, `${shot.name}.png`), await take(browser, site.address, shot))
  await takeLong(browser)
  const fonts = join(process.argv[2] ? out : join(root, 'test/browser'), 'screens.json')
  writeFileSync(fonts, `${JSON.stringify(await fontsOf(await browser.newPage()))}\n`)
  await browser.close()
  await site[Symbol.asyncDispose]()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
