import type { ServiceFault } from '../service/fault.ts'
import { RETRY_AFTER } from './line.ts'

/** On every answer: no script but our own files, no other site in either direction, nothing guessed. */
export const SECURITY: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'none'",
    // Compiling WebAssembly is allowed, evaluating text is not.
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
}

const STATUS: Readonly<Record<string, number>> = {
  'body-size': 413,
  'body-time': 408,
  busy: 429,
  'event-unknown': 404,
  'file-unknown': 404,
  'host-died': 503,
  interrupted: 503,
  'job-unknown': 404,
  superseded: 409,
  'verb-unknown': 404,
}

/** The HTTP status of a fault: what the caller did wrong is 4xx. */
export const statusOf = ({ code, fault }: ServiceFault): number =>
  STATUS[code] ?? (fault === 'usage' || fault === 'data' ? 400 : 500)

/** The answer to a request that failed: `{"error": {code, message, fault, param, …}}`. */
export function failure(fault: ServiceFault, status = statusOf(fault)): Response {
  const { where, ...rest } = fault
  const body = JSON.stringify({ error: { ...rest, ...(where !== undefined && { param: where }) } })
  const headers = {
    'Content-Type': 'application/json',
    'Cache-Control': 'no-store',
    ...(status === 429 && { 'Retry-After': String(RETRY_AFTER) }),
  }
  return new Response(body, { status, headers })
}
