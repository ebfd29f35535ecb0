import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'

/**
 * A program of the tests with the sources that it imports, joined into one file that plain Node.js runs in a process of
 * its own: such tests then need no build, and see the sources as they are. Packages of Node.js stay outside.
 */
export async function bundle(entry: URL): Promise<URL> {
  const folder = mkdtempSync(join(tmpdir(), 'headwise-bundle-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const name = `${basename(fileURLToPath(entry)).replace(/\.\w+$/, '')}.mjs`
  // Node.js 20 does not know `using`.
  const transform = { target: 'node20' }
  const build = await rolldown({ input: fileURLToPath(entry), platform: 'node', logLevel: 'silent', transform })
  await build.write({ file: join(folder, name), format: 'esm', codeSplitting: false })
  return pathToFileURL(join(folder, name))
}
