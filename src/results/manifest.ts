import { z } from 'zod'
import { bad, show } from '../checkpoint/fault.ts'
import { readBounded } from '../checkpoint/files.ts'
import { parseStrictJson } from '../checkpoint/strict-json.ts'
import { HeadwiseError } from '../words/error.ts'
import { type Spec, specSchema } from '../words/spec.ts'
import { validate } from './issue.ts'
import { canonicalJson } from './json.ts'
import { PART_COLUMNS } from './part.ts'
import { specHash } from './spec.ts'

/** The form of run folders that this version writes and reads. */
const FORM = 1
const MAX_BYTES = 64 * 2 ** 20

/** What the parts of a folder are parts of. */
const manifestSchema = z.strictObject({
  kind: z.literal('headwise-run'),
  form: z.literal(FORM),
  /** The program's version: another one may compute other last digits. */
  version: z.string(),
  model: z.string(),
  hash: z.string(),
  parts: z.number().int().positive(),
  columns: z.array(z.string()),
  spec: specSchema,
})
export type Manifest = z.infer<typeof manifestSchema>

export const manifestOf = (spec: Spec, parts: number): Manifest => ({
  kind: 'headwise-run',
  form: FORM,
  version: spec.check.version,
  model: spec.check.modelHash,
  hash: spec.hash,
  parts,
  columns: [...PART_COLUMNS],
  spec,
})

const REMEDY = 'use another folder, or delete this one to begin again'

function read(file: string): Manifest {
  try {
    const value = parseStrictJson(readBounded(file, MAX_BYTES), { file, maxBytes: MAX_BYTES })
    return validate(manifestSchema, value, { file, root: 'manifest', code: 'run-manifest' })
  } catch (error) {
    if (!(error instanceof HeadwiseError) || error.fault === 'failed') throw error
    const details = { code: 'run-manifest', file, where: error.where ?? 'manifest', found: error.code }
    throw new HeadwiseError(`${error.message.replace(/\.$/, '')}; ${REMEDY}.`, details, { cause: error })
  }
}

/** The first field in which two specs of one model differ. */
function fieldOf(a: Spec, b: Spec): string {
  const differs = <T extends object>(one: T, two: T): string | undefined =>
    [...new Set([...Object.keys(one), ...Object.keys(two)])].find(
      key => canonicalJson(Reflect.get(one, key)) !== canonicalJson(Reflect.get(two, key)),
    )
  const { model: _a, threads: _b, ...before } = a.request
  const { model: _c, threads: _d, ...now } = b.request
  const request = differs(before, now)
  return request === undefined ? `check.${differs(a.check, b.check)}` : `request.${request}`
}

/**
 * Compares the manifest that a folder holds with the one of this run. Throws `run-manifest` when it cannot be read and
 * `run-differs` naming the first field in which they differ.
 */
export function checkManifest(file: string, now: Manifest): void {
  const there = read(file)
  const differs = (field: string, what: string, found: unknown, allowed: unknown): HeadwiseError =>
    bad(
      { code: 'run-differs', file, where: field, found, allowed },
      `it was begun with ${what} ${show(found)} (${field}), and this run has ${show(allowed)}; ${REMEDY}.`,
    )
  const own = specHash(there.spec.request, there.spec.check)
  if (own !== there.hash || there.spec.hash !== there.hash)
    throw bad(
      { code: 'run-manifest', file, where: 'hash', found: there.hash, allowed: own },
      `hash is not the one of its spec: it was changed by hand or in transit; ${REMEDY}.`,
    )
  if (there.version === now.version && there.model === now.model && there.hash !== now.hash) {
    const where = `spec.${fieldOf(there.spec, now.spec)}`
    const details = { code: 'run-differs', file, where, found: there.hash, allowed: now.hash }
    throw bad(details, `it was begun with another spec: ${where} differs from this run's; ${REMEDY}.`)
  }
  const fields = [
    ['version', 'headwise'],
    ['model', 'the model'],
    ['parts', 'a number of parts of'],
  ] as const
  for (const [field, what] of fields)
    if (there[field] !== now[field]) throw differs(field, what, there[field], now[field])
  if (there.columns.join() !== now.columns.join())
    throw differs('columns', 'the columns', there.columns.join(', '), now.columns.join(', '))
}
