import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A cache folder of this test file alone, removed with its process: import this before anything is loaded. */
export const cacheFolder = mkdtempSync(join(tmpdir(), 'headwise-cache-'))
process.env.HEADWISE_CACHE = cacheFolder
process.on('exit', () => {
  rmSync(cacheFolder, { recursive: true, force: true })
})
