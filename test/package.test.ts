import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'))

interface Locked {
  readonly packages: Record<string, { version?: string; optionalDependencies?: Record<string, string> }>
}

test('the lock holds the packages of every platform, so that `npm ci` takes it (scripts/lock.mjs completes it)', () => {
  const { packages } = read('package-lock.json') as Locked
  const paths = Object.keys(packages)
  const wanted = Object.values(packages).flatMap(p => Object.keys(p.optionalDependencies ?? {}))
  expect(wanted.length).toBeGreaterThan(0)
  expect(wanted.filter(name => !paths.some(p => p.endsWith(`node_modules/${name}`)))).toEqual([])
})

test('the lock is of this package.json', () => {
  const { dependencies, devDependencies, version } = read('package.json')
  expect((read('package-lock.json') as Locked).packages['']).toMatchObject({ dependencies, devDependencies, version })
})

test('the package holds what its entries name, and nothing of the tests', () => {
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  ) as [{ files: { path: string }[] }]
  const files = packed.files.map(f => f.path)
  const entries = ['dist/index.js', 'dist/index.d.ts', 'dist/cli/main.js', 'models/specimen/model.safetensors']
  expect(files).toEqual(expect.arrayContaining([...entries, 'README.md', 'LICENSE', 'CHANGELOG.md']))
  expect(files.filter(f => /^(test|bench|scripts|src)\//.test(f))).toEqual([])
  expect(entries.filter(f => !existsSync(join(root, f)))).toEqual([])
})
