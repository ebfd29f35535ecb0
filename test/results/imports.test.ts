import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const src = join(import.meta.dirname, '../../src')
/** Every module that a file needs at run time, itself included; packages by their name. */
function needs(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  const imports = readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type)[^']*?from '([^']+)'/gm)
  for (const [, from = ''] of imports) {
    if (from.startsWith('.')) needs(join(file, '..', from), seen)
    else seen.add(from)
  }
  return seen
}

// Loading the schema library costs more than a small model's forward pass.
test.each(['write', 'grid', 'spec', 'table', 'json', 'csv'])(
  'building and writing results (%s) loads no schemas',
  name => {
    expect(needs(join(src, `results/${name}.ts`))).not.toContain('zod')
  },
)

test('reading does, so that the test above can fail', () => {
  expect(needs(join(src, 'results/read.ts'))).toContain('zod')
})
