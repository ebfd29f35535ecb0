import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { editsSchema } from '../src/words/edit.ts'
import { taskSchema } from '../src/words/task.ts'
import { type Block, blocksOf, firstDifference } from './support/docs.ts'

const root = join(import.meta.dirname, '..')
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'))
    .filter(f => f.endsWith('.md'))
    .map(f => `docs/${f}`),
]
const blocks = pages.flatMap(page => blocksOf(page, readFileSync(join(root, page), 'utf8')))
const scripts = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts as object)

const home = mkdtempSync(join(tmpdir(), 'headwise-docs-'))
const bin = join(home, 'bin')
const nameOf = ({ page, line }: Block) => `${page.replace(/\W/g, '-')}-${line}`
const folderOf = (page: string) => join(home, 'pages', page.replace(/\W/g, '-'))
const snippets = blocks.filter(b => b.language === 'ts')

const environment = {
  ...process.env,
  PATH: `${bin}${delimiter}${process.env.PATH}`,
  HEADWISE_CACHE: join(home, 'cache'),
  // Pages that speak of the reader's own checkpoint call it $MODEL.
  MODEL: join(root, 'models/specimen'),
  NO_COLOR: '1',
}

/** Compiles every TypeScript block against the built package, as a user's project would. */
function compileSnippets(): string {
  const folder = join(home, 'ts')
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  symlinkSync(root, join(folder, 'node_modules/headwise'), 'dir')
  symlinkSync(join(root, 'node_modules/@types'), join(folder, 'node_modules/@types'), 'dir')
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'))
  const { noUnusedLocals: _, ...options } = compilerOptions
  // Users may check the declarations of what they install, so ours and those that ours need are checked here.
  const config = {
    compilerOptions: { ...options, skipLibCheck: false, noEmit: false, outDir: 'out', rootDir: '.' },
    include: ['*.ts'],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  for (const b of snippets) writeFileSync(join(folder, `${nameOf(b)}.ts`), `${b.text}export {}\n`)
  const { stdout } = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], {
    encoding: 'utf8',
    cwd: folder,
  })
  return stdout
}

let compiled = ''
beforeAll(() => {
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit' })
  mkdirSync(bin)
  const command = join(bin, 'headwise')
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'dist/cli/main.js')}" "$@"\n`)
  chmodSync(command, 0o755)
  for (const page of pages) mkdirSync(folderOf(page), { recursive: true })
  compiled = compileSnippets()
}, 120_000)
afterAll(() => {
  rmSync(home, { recursive: true, force: true })
})

const shell = (text: string, page: string) =>
  spawnSync('bash', ['-euo', 'pipefail', '-c', text], { encoding: 'utf8', env: environment, cwd: folderOf(page) })

/** Commands of the repository itself: they would run this test again, so only their names are checked. */
const npmScripts = (text: string): string[] | undefined => {
  const names = text
    .trim()
    .split('\n')
    .map(l => /^npm (?:run )?([\w:-]+)(?:\s+#.*)?$/.exec(l.trim())?.[1])
  return names.every(n => n !== undefined) ? names : undefined
}

const pagesWithCode = pages.filter(page => blocks.some(b => b.page === page))

describe.each(pagesWithCode)('%s', page => {
  let output = ''
  for (const block of blocks.filter(b => b.page === page))
    test(`line ${block.line}: ${block.language}`, () => {
      const { text, language } = block
      if (language === 'sh') {
        const npm = npmScripts(text)
        if (npm) {
          expect(scripts).toEqual(expect.arrayContaining(npm.filter(n => n !== 'ci')))
          return
        }
        const { status, stdout, stderr } = shell(text, page)
        expect(status, stderr).toBe(0)
        output = stdout
      } else if (language === 'ts') {
        const { status, stdout, stderr } = spawnSync(process.execPath, [join(home, 'ts/out', `${nameOf(block)}.js`)], {
          encoding: 'utf8',
          env: environment,
          cwd: folderOf(page),
        })
        expect(status, stderr).toBe(0)
        output = stdout
      } else if (language === 'text') {
        expect(firstDifference(text, output), output).toBeUndefined()
      } else if (language === 'json') {
        const value: unknown = JSON.parse(text)
        if (Array.isArray(value) && value.every(e => Object.hasOwn(e as object, 'do'))) editsSchema.parse(value)
        else if (Object.hasOwn(value as object, 'form')) taskSchema.parse(value)
      } else if (language !== 'tree') throw new RangeError(`${page}:${block.line}: no rule for a block of ${language}`)
    }, 120_000)
})

test('every TypeScript block compiles under strict options, and so do the declarations of the package', () => {
  expect(compiled).toBe('')
})

test('every page of docs is linked from the README, and every link to a file leads somewhere', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  expect(pages.filter(p => p.startsWith('docs/') && !readme.includes(`(${p})`))).toEqual([])
  const broken = pages.flatMap(page =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
      .map(m => join(root, page, '..', m[1]!))
      .filter(target => !existsSync(target)),
  )
  expect(broken).toEqual([])
})

test('docs/coverage.md is what scripts/coverage.mjs writes now', () => {
  const page = join(root, 'docs/coverage.md')
  const before = readFileSync(page, 'utf8')
  execFileSync(process.execPath, [join(root, 'scripts/coverage.mjs')], { stdio: 'pipe' })
  expect(readFileSync(page, 'utf8')).toBe(before)
})
