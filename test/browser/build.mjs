// Builds two pages into the folder that is given: the engine in its worker (index), and the library without (direct).
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { browserConfig, writeEngine } from '../../scripts/browser-build.mjs'

const [outDir] = process.argv.slice(2)
const root = join(dirname(fileURLToPath(import.meta.url)), 'fixture')
const manifest = await writeEngine(join(outDir, 'engine'))
await build({
  ...browserConfig(`engine/${manifest}`),
  configFile: false,
  root,
  build: {
    outDir,
    emptyOutDir: false,
    target: 'es2022',
    assetsInlineLimit: 0,
    rolldownOptions: { input: ['index', 'direct'].map(name => join(root, `${name}.html`)) },
  },
})
