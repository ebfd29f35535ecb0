/// <reference lib="dom" />
import { HeadwiseError, throwIfAborted } from '../words/error.ts'
import type { FetchedFile } from './manifest.ts'
import { sha256Of } from './sha256.ts'

/** Files that were fetched stay here, by their addresses; those hold a part of the contents' hash. */
const CACHE = 'headwise'

export interface FetchOptions {
  readonly signal?: AbortSignal | undefined
  /** Told how many further bytes have come. */
  readonly onBytes?: (bytes: number) => void
}

const unreachable = (address: string, found: string, cause?: unknown): HeadwiseError =>
  new HeadwiseError(
    `${address} could not be fetched (${found}); check the connection and try again.`,
    { code: 'unreachable', fault: 'failed', file: address, found },
    { cause },
  )

/** A response from the network. Throws `unreachable`. */
export async function fetchOk(address: string, signal?: AbortSignal): Promise<Response> {
  try {
    const response = await fetch(address, signal ? { signal } : {})
    if (response.ok) return response
    throw unreachable(address, `status ${response.status}`)
  } catch (error) {
    throwIfAborted(signal)
    throw error instanceof HeadwiseError ? error : unreachable(address, 'no answer', error)
  }
}

/** The whole body; longer or shorter ones than stated are refused as soon as that is known. */
async function bodyOf(
  response: Response,
  address: string,
  bytes: number,
  o: FetchOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(bytes)
  const reader = response.body!.getReader()
  let at = 0
  const wrong = (found: string): HeadwiseError =>
    new HeadwiseError(`${address} holds ${found}, not the ${bytes} bytes that this page was built with; reload it.`, {
      code: 'page-file',
      file: address,
      found,
      allowed: bytes,
    })
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throwIfAborted(o.signal)
      throw unreachable(address, 'the connection broke', cause)
    })
    throwIfAborted(o.signal)
    if (done) break
    if (at + value.length > bytes) throw wrong('more')
    whole.set(value, at)
    at += value.length
    o.onBytes?.(value.length)
  }
  if (at < bytes) throw wrong(`${at} bytes`)
  return whole
}

const hex = (digest: ArrayBuffer): string =>
  [...new Uint8Array(digest)].map(b => b.toString(16).padStart(2, '0')).join('')

/** The browser's own hashing, which pages have that came over HTTPS or from this machine, else ours. */
async function hashOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return isSecureContext ? hex(await crypto.subtle.digest('SHA-256', bytes)) : sha256Of(bytes)
}

/** Storage may be refused (private windows, full disks): the page then fetches at every visit. */
async function openCache(): Promise<Cache | undefined> {
  try {
    return isSecureContext ? await caches.open(CACHE) : undefined
  } catch {
    return undefined
  }
}

/** Fetches a file, from this browser's storage where it lies there, and compares its contents with the stated hash. */
export async function fetchFile(
  file: FetchedFile,
  base: string,
  o: FetchOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const address = new URL(file.path, base).href
  const cache = await openCache()
  const stored = await cache?.match(address)
  if (stored) {
    const bytes = new Uint8Array(await stored.arrayBuffer())
    if ((await hashOf(bytes)) === file.sha256) {
      o.onBytes?.(bytes.length)
      return bytes
    }
    await cache?.delete(address)
  }
  const bytes = await bodyOf(await fetchOk(address, o.signal), address, file.bytes, o)
  const found = await hashOf(bytes)
  if (found !== file.sha256)
    throw new HeadwiseError(`${address} is not the file that this page was built with; reload it.`, {
      code: 'page-file',
      file: address,
      where: 'SHA-256',
      found,
      allowed: file.sha256,
    })
  await cache?.put(address, new Response(bytes)).catch(() => undefined)
  return bytes
}

/** Removes from the browser's storage what earlier builds of this page left there. */
export async function forgetOthers(files: readonly FetchedFile[], base: string): Promise<void> {
  const cache = await openCache()
  const own = new URL('.', base).href
  const wanted = new Set(files.map(f => new URL(f.path, base).href))
  for (const { url } of (await cache?.keys()) ?? [])
    if (url.startsWith(own) && !wanted.has(url)) await cache?.delete(url)
}
