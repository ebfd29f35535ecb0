import { type Fault, HeadwiseError, printable } from '../words/error.ts'

/** An error as it crosses between engine, server and page: always safe to print, never with a stack. */
export interface ServiceFault {
  readonly code: string
  readonly message: string
  readonly fault: Fault
  /** The parameter concerned, as in `edits[2].heads`. */
  readonly where?: string
  readonly found?: string
  readonly allowed?: string
}

/** How much of what was found or allowed is told. */
const MAX_DETAIL = 300

/** What came from outside may be an object whose text is a trap: such values are told of by their kind. */
const shown = (value: unknown): string =>
  value !== null && typeof value === 'object'
    ? Array.isArray(value)
      ? value.map(shown).join(', ')
      : 'an object'
    : String(value)

const detail = (value: unknown): string | undefined =>
  value === undefined ? undefined : printable(shown(Array.isArray(value) ? value.slice(0, 50) : value), MAX_DETAIL)

/** What may be told of an error. What no code of ours foresaw is told by its name only. */
export function faultOf(error: unknown): ServiceFault {
  if (!(error instanceof HeadwiseError))
    return {
      code: 'internal',
      message: `The engine failed (${printable(error instanceof Error ? error.name : typeof error, 60)}); try again.`,
      fault: 'failed',
    }
  const { code, message, fault, where } = error
  const [found, allowed] = [detail(error.found), detail(error.allowed)]
  return {
    code,
    message,
    fault,
    ...(where !== undefined && { where: printable(where, MAX_DETAIL) }),
    ...(found !== undefined && { found }),
    ...(allowed !== undefined && { allowed }),
  }
}

export const errorOf = ({ message, ...details }: ServiceFault): HeadwiseError => new HeadwiseError(message, details)

/** The end of a call that a newer one of its lane replaced. */
export const superseded = (): HeadwiseError =>
  new HeadwiseError('A newer request took the place of this one.', { code: 'superseded', fault: 'interrupted' })
