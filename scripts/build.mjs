// Compiles src and app to dist when a source is newer than the last build, and joins the command's modules into a few files: it
// would otherwise open a hundred of them at every start. It compiles beside dist and swaps at the end, so
// that whoever runs dist meanwhile meets the old build or the new one, never half of one.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const [dist, fresh, old] = ['dist', `dist-new-${process.pid}`, `dist-old-${process.pid}`].map(f => join(root, f))
const stamp = join(dist, '.built')
const sources = ['src', 'app'].flatMap(folder =>
  readdirSync(join(root, folder), { recursive: true }).map(f => join(root, folder, String(f))),
)
const newest = () => Math.max(...[...sources, join(root, 'tsconfig.build.json')].map(f => statSync(f).mtimeMs))

/** Puts the fresh build in place of the old one; where another build was quicker, that one stays. */
function swap() {
  if (existsSync(dist)) renameSync(dist, old)
  try {
    renameSync(fresh, dist)
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code)) throw error
  }
}

/** Programs that engines run as in processes of their own. */
const PROCESSES = ['library/host-entry', 'server/engine-process']

/** The command, what it starts, and our own modules that they use; packages stay where they are. */
async function bundle() {
  const cli = join(fresh, 'cli')
  const joined = join(fresh, 'joined')
  const input = Object.fromEntries(['cli/main', ...PROCESSES].map(p => [basename(p), join(fresh, `${p}.js`)]))
  const build = await rolldown({ input, platform: 'node', external: /^[^./]/ })
  await build.write({ dir: joined, format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' })
  rmSync(cli, { recursive: true })
  renameSync(joined, cli)
  for (const p of PROCESSES) writeFileSync(join(fresh, `${p}.js`), `import '../cli/${basename(p)}.js'\n`)
}

/** The workbench, as the server hands it out. */
async function page() {
  const { build } = await import('vite')
  const outDir = join(fresh, 'app')
  await build({ configFile: join(root, 'app/vite.config.ts'), logLevel: 'warn', build: { outDir } })
}

async function compile() {
  const started = new Date()
  const tsc = join(root, 'node_modules/typescript-native/bin/tsc')
  try {
    execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', fresh], {
      cwd: root,
      stdio: 'inherit',
    })
    await bundle()
    await page()
    writeFileSync(join(fresh, '.built'), '')
    // A source that was saved while the compiler ran is newer than the build.
    utimesSync(join(fresh, '.built'), started, started)
    swap()
  } catch (error) {
    // What the compiler found stands on the terminal already; the stack of this script would only bury it.
    process.exitCode = 1
    if (error.status === undefined) throw error
  } finally {
    for (const folder of [fresh, old]) rmSync(folder, { recursive: true, force: true })
  }
}

if (!existsSync(stamp) || statSync(stamp).mtimeMs < newest()) await compile()
