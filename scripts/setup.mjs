// Installs the dependencies when node_modules is missing or older than the lock file, and with --build compiles src.
// It has no dependencies of its own, so that `npm start` and `npm test` work on a fresh clone.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
const installedFile = join(root, 'node_modules/.package-lock.json')

const stale = () => {
  if (!existsSync(installedFile)) return true
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages
  return Object.entries(locked).some(
    ([path, p]) => path !== '' && !p.optional && installed[path]?.version !== p.version,
  )
}

if (stale()) {
  console.error('headwise: installing dependencies (once, about 640 MB on disk) …')
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip', npm_config_loglevel: 'error' },
  })
}
if (process.argv.includes('--build')) await import('./build.mjs')
