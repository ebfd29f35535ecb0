// Compiles src to dist when a source is newer than the last build.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const stamp = join(root, 'dist/.built')
const sources = readdirSync(join(root, 'src'), { recursive: true }).map(f => join(root, 'src', String(f)))
const newest = Math.max(...[...sources, join(root, 'tsconfig.build.json')].map(f => statSync(f).mtimeMs))

if (!existsSync(stamp) || statSync(stamp).mtimeMs < newest) {
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  execFileSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'tsconfig.build.json')],
    {
      cwd: root,
      stdio: 'inherit',
    },
  )
  writeFileSync(stamp, '')
}
