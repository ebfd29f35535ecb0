// What every build for the browser shares: the twins of files that only Node can run, the engine's files under names
// that change with their contents, and no request to anywhere else.

import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defaultClientConditions, runnerImport } from 'vite'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/**
 * Resolves the files that only Node can run to their twins (src/browser/twins/FOLDER/NAME.ts stands for
 * src/FOLDER/NAME.ts), and refuses whatever else is Node's.
 */
const twins = () => {
  const folder = join(root, 'src/browser/twins')
  const names = readdirSync(folder, { recursive: true }).filter(f => f.endsWith('.ts'))
  const instead = new Map(names.map(name => [join(root, 'src', name), join(folder, name)]))
  return {
    name: 'headwise-twins',
    enforce: 'pre',
    async resolveId(source, importer) {
      if (source.startsWith('node:')) this.error(`${importer} imports ${source}, which no browser has.`)
      if (!source.startsWith('.') || !importer) return null
      const found = await this.resolve(source, importer, { skipSelf: true })
      return instead.get(found?.id) ?? null
    },
  }
}

/** Vite's configuration for pages whose engine runs in a Web Worker; `manifest` is its address relative to the page. */
export const browserConfig = manifest => ({
  base: './',
  define: { HEADWISE_VERSION: JSON.stringify(version), HEADWISE_MANIFEST: JSON.stringify(manifest) },
  // The runtime's WebAssembly lies beside the manifest, where its threads can load it too.
  resolve: { conditions: [...defaultClientConditions, 'onnxruntime-web-use-extern-wasm'] },
  plugins: [twins()],
  // In one piece: what the engine needs later is there when the connection is gone.
  worker: {
    format: 'es',
    plugins: () => [twins()],
    rolldownOptions: { output: { codeSplitting: false } },
  },
  logLevel: 'warn',
})

const RUNTIME = {
  wasm: 'ort-wasm-simd-threaded',
  webgpu: 'ort-wasm-simd-threaded.asyncify',
}
const NOTICE =
  'The specimen is a model of 7.4 million weights made for headwise, and trained so that the circuits it shows exist. It comes under the licence of headwise itself (MIT).'

/** A module of src as it stands there now, whether it was compiled or not. */
async function fromSource(file) {
  const options = { configFile: false, root, logLevel: 'error', oxc: { target: 'es2022' } }
  return (await runnerImport(join(root, 'src', file), options)).module
}

/** Writes manifest, model and runtime into `folder`; gives the manifest's file name. */
export async function writeEngine(folder) {
  mkdirSync(folder, { recursive: true })
  const { describeModel, hashedName } = await fromSource('browser/manifest-of.ts')
  const { manifest, files } = await describeModel(join(root, 'models/specimen'), 'specimen', NOTICE)
  const from = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'))
  const place = (name, path) => {
    if (!existsSync(join(folder, name))) copyFileSync(path, join(folder, name))
    return name
  }
  for (const [name, path] of files) place(name, path)
  const runtime = {}
  for (const [device, name] of Object.entries(RUNTIME)) {
    const [mjs, wasm] = ['mjs', 'wasm'].map(suffix => join(from, `${name}.${suffix}`))
    // As .js: many hosts send .mjs as a type that browsers take no module from.
    const module = (await hashedName(mjs)).replace(/\.mjs$/, '.js')
    runtime[device] = { mjs: place(module, mjs), wasm: place(await hashedName(wasm), wasm) }
  }
  const text = JSON.stringify({ ...manifest, runtime })
  const name = `manifest-${createHash('sha256').update(text).digest('hex').slice(0, 12)}.json`
  writeFileSync(join(folder, name), text)
  return name
}
