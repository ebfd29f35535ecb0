/** What went wrong, in the terms of the command's exit codes (2, 65, 1, 130). */
export type Fault = 'usage' | 'data' | 'failed' | 'interrupted'

export interface ErrorDetails {
  /** Stable, kebab-case, e.g. `safetensors-header-length`. */
  readonly code: string
  readonly fault?: Fault
  /** The file concerned, as the user named it. */
  readonly file?: string
  /** The field, tensor, byte offset, site or argument concerned. */
  readonly where?: string
  readonly found?: unknown
  readonly allowed?: unknown
}

const MAX_TEXT = 400

/** Whatever was found: an object may have no way to become text, or one of its own that throws. */
function textOf(value: unknown): string {
  try {
    return String(value)
  } catch {
    return Object.prototype.toString.call(value)
  }
}

/** Escapes what a terminal would obey (control bytes, bidirectional overrides) and cuts what is too long to read. */
export function printable(value: unknown, limit = MAX_TEXT): string {
  const text = typeof value === 'string' ? value : textOf(value)
  const cut = text.length > limit ? `${text.slice(0, limit)}… (${text.length} characters)` : text
  return cut.replace(
    // C0, DEL, C1, bidirectional and line-separating controls, lone surrogates.
    /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
    c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/**
 * The one error of the library. Its message is one sentence: what is wrong, where, and what to do.
 * `fault` decides the command's exit code.
 */
export class HeadwiseError extends Error {
  override readonly name = 'HeadwiseError'
  readonly code: string
  readonly fault: Fault
  readonly file: string | undefined
  readonly where: string | undefined
  readonly found: unknown
  readonly allowed: unknown

  constructor(message: string, details: ErrorDetails, options?: { cause?: unknown }) {
    super(printable(message, 2000), options)
    this.code = details.code
    this.fault = details.fault ?? 'data'
    this.file = details.file
    this.where = details.where
    this.found = details.found
    this.allowed = details.allowed
  }
}

/** Throws the `interrupted` error when the signal has been aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new HeadwiseError('The work was interrupted.', { code: 'interrupted', fault: 'interrupted' })
}

/** Reports how far a long piece of work has come; `done` and `total` are in the unit of `what`. */
export type OnProgress = (progress: { what: string; done: number; total: number }) => void

/** How a caller follows long work, and stops it. */
export interface Watch {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: OnProgress | undefined
}
