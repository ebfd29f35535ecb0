// Builds dist/pages: the workbench as static files that any web server can hand out from any folder, without special
// headers; the engine runs in the visitor's browser on the specimen. `node scripts/build-pages.mjs [FOLDER]` builds
// elsewhere.
import { renameSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { browserConfig, writeEngine } from './browser-build.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const pages = resolve(process.argv[2] ?? join(root, 'dist/pages'))
const fresh = `${pages}-new-${process.pid}`

try {
  const manifest = await writeEngine(join(fresh, 'engine'))
  await build({
    ...browserConfig(`engine/${manifest}`),
    configFile: join(root, 'app/vite.config.ts'),
    mode: 'pages',
    build: { outDir: fresh, emptyOutDir: false },
  })
  rmSync(pages, { recursive: true, force: true })
  renameSync(fresh, pages)
} finally {
  rmSync(fresh, { recursive: true, force: true })
}
