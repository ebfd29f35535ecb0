import { type ErrorDetails, HeadwiseError, printable } from '../words/error.ts'

const MAX_SHOWN = 80

/** A value from a file in one short printable line; nothing nested is walked. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `"${printable(value, MAX_SHOWN)}"`
  if (Array.isArray(value)) {
    const shown = value.slice(0, 4).map(v => (typeof v === 'object' && v !== null ? '…' : show(v)))
    return `[${shown.join(', ')}${value.length > 4 ? `, … (${value.length} entries)` : ''}]`
  }
  if (value === undefined) return 'nothing'
  return typeof value === 'object' && value !== null ? 'an object' : printable(value, MAX_SHOWN)
}

/** Bad data in a file: the sentence says what is wrong, `details` say it again for programs. */
export const bad = (details: ErrorDetails & { readonly file: string }, sentence: string): HeadwiseError =>
  new HeadwiseError(`${printable(details.file)}: ${sentence}`, details)
