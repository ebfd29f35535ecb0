import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'
import { afterAll } from 'vitest'

const cache = join(import.meta.dirname, '../../node_modules/.cache')
const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/**
 * A program of the tests with the sources that it imports, joined into one file that plain Node.js runs in a process of
 * its own: such tests then need no build, and see the sources as they are. Packages stay where they are.
 */
export async function bundle(entry: URL): Promise<URL> {
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'headwise-test-'))
  folders.push(folder)
  const name = `${basename(fileURLToPath(entry)).replace(/\.\w+$/, '')}.mjs`
  const build = await rolldown({
    input: fileURLToPath(entry),
    platform: 'node',
    // What stands in for `using`, which Node.js 20 does not know, comes from the bundler itself.
    external: /^(?!@oxc-project\/)[@\w]/,
    logLevel: 'silent',
    transform: { target: 'node20' },
  })
  await build.write({ file: join(folder, name), format: 'esm', codeSplitting: false })
  return pathToFileURL(join(folder, name))
}
