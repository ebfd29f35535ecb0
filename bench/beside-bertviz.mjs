// Takes docs/images/beside-bertviz.png: head 6.5 of the built-in model on the workbench's first prompt, in BertViz and in the
// workbench, from the same numbers. `node bench/beside-bertviz.mjs PYTHON SCRIPTS`: a Python that has bertviz, and a folder
// whose node_modules hold what its pages load (requirejs 2.3.6, d3 5.7.0, jquery 2.1.4). Needs `npm run build`.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'
import { load } from '../dist/index.js'

const [python, scripts] = process.argv.slice(2)
if (!python || !scripts) throw new Error('Name a Python that has bertviz, and the folder of the scripts of its pages.')
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const imported = async file =>
  (await runnerImport(join(root, file), { configFile: false, root, logLevel: 'error', oxc: { target: 'es2022' } })).module
const { launch, serve } = await imported('test/browser/support.ts')
const { FIRST_PROMPT } = await imported('app/src/state/state.ts')

const folder = mkdtempSync(join(tmpdir(), 'beside-'))
const at = name => join(folder, name)
const model = await load('specimen')
const tokenizer = await model.tokenizer()
const ids = await tokenizer.encode(FIRST_PROMPT)
writeFileSync(at('tokens.json'), JSON.stringify(Array.from(ids, id => tokenizer.tokenText(id))))
await model[Symbol.asyncDispose]()
const node = (...words) => execFileSync(process.execPath, words, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
node('dist/cli/main.js', 'run', 'specimen', FIRST_PROMPT, '--capture', 'pattern', '--out', at('pattern.safetensors'))
const views = join(root, 'bench/peers/bertviz_views.py')
execFileSync(python, [views, at('pattern.safetensors'), at('tokens.json'), '6.5', folder], { stdio: 'inherit' })
node('scripts/build-pages.mjs', at('pages'))

const files = { require: 'requirejs/require.js', d3: 'd3/dist/d3.min.js', jquery: 'jquery/dist/jquery.min.js' }
const browser = await launch()
const site = await serve(at('pages'))

/** One of BertViz's pages; the scripts that it loads from elsewhere come from the folder. */
async function theirs(view, width, height) {
  const page = await browser.newPage({ viewport: { width, height } })
  await page.route('**/*', route => {
    const url = route.request().url()
    const script = Object.keys(files).find(name => url.includes(name))
    if (script) return route.fulfill({ path: join(scripts, 'node_modules', files[script]) })
    return url === 'http://bertviz/' ? route.fulfill({ path: at(`${view}.html`) }) : route.abort()
  })
  await page.goto('http://bertviz/')
  await page.locator('svg').first().waitFor()
  await page.waitForTimeout(2000)
  const picture = await page.screenshot()
  await page.close()
  return picture
}

/** A part of the workbench. */
async function ours(state, selector) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1600 }, colorScheme: 'light' })
  await page.goto(`${site.address}#specimen/${FIRST_PROMPT}?head=6.5&score=induction${state}`)
  await page.locator('[data-after]').first().waitFor()
  await page.waitForFunction(() => !document.querySelector('.stale, [data-waiting]'))
  await page.waitForTimeout(1000)
  const picture = await page.locator(selector).first().screenshot()
  await page.close()
  return picture
}

const pictures = [
  ['BertViz: head view', await theirs('head', 400, 360), 400],
  ['headwise: text', await ours('', '[data-panel=text]'), 467],
  ['BertViz: model view', await theirs('model', 980, 1230), 400],
  ['headwise: patterns of all heads', await ours('&cells=patterns', '[data-panel=map]'), 300],
]
const source = picture => `data:image/png;base64,${picture.toString('base64')}`
const figures = pictures.map(
  ([words, picture, width]) =>
    `<figure><figcaption>${words}</figcaption><img src="${source(picture)}" width="${width}"></figure>`,
)
const page = await browser.newPage({ viewport: { width: 960, height: 400 } })
await page.setContent(`<!doctype html><style>
  body { margin: 16px; display: grid; grid-template-columns: 420px 1fr; gap: 24px; font: 13px sans-serif; background: #fff }
  figure { margin: 0 } figcaption { color: #555; margin-bottom: 8px } img { display: block }
</style>${figures.join('')}`)
await page.waitForFunction(() => [...document.images].every(i => i.complete))
writeFileSync(join(root, 'docs/images/beside-bertviz.png'), await page.screenshot({ fullPage: true }))
await browser.close()
await site[Symbol.asyncDispose]()
rmSync(folder, { recursive: true })
