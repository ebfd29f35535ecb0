import { parseStrictJson } from '../checkpoint/strict-json.ts'
import { validate } from '../results/issue.ts'
import { canonicalJson } from '../results/json.ts'
import { decodePart, encodePart } from '../results/part.ts'
import type { Rows } from '../results/rows.ts'
import { specHash } from '../results/spec.ts'
import { HeadwiseError } from '../words/error.ts'
import { type Spec, specSchema } from '../words/spec.ts'
import type { Ticket } from './bullmq.ts'

const MAX_SPEC = 64 * 2 ** 20

/** The queue of one model: workers take from those whose model they have. */
export const queueOf = (modelHash: string): string => `headwise-${modelHash.slice(0, 32)}`

/** Equal parts of equal computations by equal programs have one place in the queue. */
export const ticketId = ({ hash, check }: Spec, part: number): string => `${hash}-${check.version}-${part}`

/** Refuses what would need more than the spec. */
export function ticketText(spec: Spec): string {
  const [file] = Object.keys(spec.check.files)
  if (file === undefined) return canonicalJson(spec)
  throw new HeadwiseError(`Values from files (${file}) do not travel to workers; write them into the edits.`, {
    code: 'queue-files',
    fault: 'usage',
    where: 'edits',
    found: file,
    allowed: 'values in the edits',
  })
}

/** The spec of a ticket as a worker accepts it: unchanged, of this program's version, of the model of its queue. */
export function readTicket({ spec: text }: Ticket, model: { hash: string; version: string }): Spec {
  const file = 'the ticket'
  const spec = validate(specSchema, parseStrictJson(text, { file, maxBytes: MAX_SPEC }), {
    file,
    root: 'spec',
    code: 'ticket',
  })
  const must = (where: string, what: string, found: unknown, allowed: unknown): void => {
    if (found === allowed) return
    const sentence = `The part was sent with the ${what} ${String(found)}, and this worker has ${String(allowed)}.`
    throw new HeadwiseError(sentence, { code: 'ticket-differs', fault: 'failed', where, found, allowed })
  }
  must('spec.hash', 'spec hash', spec.hash, specHash(spec.request, spec.check))
  must('spec.check.version', 'headwise version', spec.check.version, model.version)
  must('spec.check.modelHash', 'model', spec.check.modelHash, model.hash)
  return spec
}

export const packRows = (rows: Rows, spec: Spec, part: number): string =>
  Buffer.from(encodePart(rows, { spec: spec.hash, part })).toString('base64')

export const unpackRows = (text: string, spec: Spec, part: number): Rows =>
  decodePart(Buffer.from(text, 'base64'), { spec: spec.hash, part }, `the answer for part ${part}`)
