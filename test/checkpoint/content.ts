import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { openModel } from '../../src/checkpoint/reference.ts'
import { type PrepareOptions, prepareWeights } from '../../src/checkpoint/weight-cache.ts'
import { familyOf } from '../../src/models/families/index.ts'
import type { Weights } from '../../src/runtime/weights.ts'

const root = join(import.meta.dirname, '../..')
const hashes = JSON.parse(readFileSync(join(root, 'test/fixtures/weights/hashes.json'), 'utf8')) as Record<
  string,
  string
>

/** Checkpoints of the repository whose content hash another program computed. */
export const own = Object.keys(hashes).filter(name => name.includes('/'))
export const placeOf = (name: string): string => join(root, name)
/** The hash by the path inside the repository, or by the name of a file outside. */
export const expectedHash = (reference: string): string | undefined => hashes[reference] ?? hashes[basename(reference)]

export async function weightsOf(reference: string, options: PrepareOptions = {}): Promise<Weights> {
  const source = await openModel(reference)
  const family = familyOf(source)
  return prepareWeights(source, family.layout(family.config(source), source), options)
}
