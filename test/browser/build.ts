import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder of a page with the engine alone (`globalThis.engine`). */
    readonly enginePage: string
    /** The workbench as `npm run build:pages` makes it. */
    readonly workbenchPages: string
  }
}

const root = join(import.meta.dirname, '../..')

function run(script: string, folder: string, cache: string): void {
  const { status, stderr } = spawnSync(process.execPath, [join(root, script), folder], {
    encoding: 'utf8',
    env: { ...process.env, HEADWISE_CACHE: cache },
  })
  if (status !== 0) throw new Error(`${script} failed.\n${stderr}`)
}

/** Builds the pages once for all test files, and removes them at the end. */
export const setup = (project: TestProject): (() => void) => {
  const all = mkdtempSync(join(tmpdir(), 'headwise-pages-'))
  const [enginePage, workbenchPages, cache] = ['engine', 'workbench', 'cache'].map(name => join(all, name)) as [
    string,
    string,
    string,
  ]
  run('test/browser/build.mjs', enginePage, cache)
  run('scripts/build-pages.mjs', workbenchPages, cache)
  project.provide('enginePage', enginePage)
  project.provide('workbenchPages', workbenchPages)
  return () => rmSync(all, { recursive: true, force: true })
}
