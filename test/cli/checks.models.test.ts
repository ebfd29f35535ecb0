import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root, temporaryFolder } from './support.ts'

const shared = join(root, '../shared')
const present = existsSync(join(shared, 'check/lib.mjs'))
const MINUTES = 60_000

/**
 * The parity checks that lie beside the repository: each runs the command on SmolLM2 and the specimen. The fifth, which
 * ablates all 270 heads twice, takes minutes; the library's own tests ablate three layers of it.
 */
describe.skipIf(!present)('the parity checks of ../shared hold (skipped where ../shared is absent)', () => {
  const cache = temporaryFolder()
  test.each(['logits', 'tokens', 'internals', 'scores', 'patching'])('%s', { timeout: 10 * MINUTES }, async name => {
    const { code, said } = await new Promise<{ code: unknown; said: string }>(resolve => {
      const env = { ...process.env, HEADWISE_CACHE: cache }
      execFile(process.execPath, [join(shared, `check/${name}.mjs`)], { cwd: root, env }, (error, stdout) =>
        resolve({ code: error?.code ?? 0, said: stdout }),
      )
    })
    expect(said).not.toBe('')
    expect({ code, said }).toMatchObject({ code: 0 })
  })
})
