import { readdirSync, rmSync, statfsSync, statSync, utimesSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { HeadwiseError } from '../words/error.ts'
import { isAbsent, makeFolder, systemCode, systemFault } from './files.ts'

const GIB = 2 ** 30
const DEFAULT_LIMIT = 64 * GIB
/** A conversion writes all the time; one that has not for so long (ms) belongs to a process that died. */
const STALE = 3_600_000
const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: GIB, T: 2 ** 40 }
export const WEIGHTS_FILE = 'model.safetensors'
export const NEW_PREFIX = '.new-'

/** One converted checkpoint of the cache. */
export interface CacheEntry {
  readonly hash: string
  readonly path: string
  /** Size on disk. */
  readonly bytes: number
  readonly lastUsed: Date
}

/** The folder of everything that may be computed again: `$HEADWISE_CACHE`, `$XDG_CACHE_HOME/headwise`, `~/.cache/headwise`. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  const { HEADWISE_CACHE: own, XDG_CACHE_HOME: shared } = env
  if (own) return resolve(own)
  return join(shared && isAbsolute(shared) ? shared : join(homedir(), '.cache'), 'headwise')
}

export const weightsRoot = (): string => join(cacheRoot(), 'weights')
export const knownRoot = (): string => join(cacheRoot(), 'known')

/** Bytes that the converted weights may take together: `$HEADWISE_CACHE_LIMIT` (as 20G or in bytes), else 64 GiB. */
export function cacheLimit(env: NodeJS.ProcessEnv = process.env): number {
  const stated = env.HEADWISE_CACHE_LIMIT
  if (!stated) return DEFAULT_LIMIT
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?([KMGT]?)(?:i?B)?$/i.exec(stated.trim()) ?? []
  if (number !== undefined) return Math.floor(Number(number) * (UNITS[unit.toUpperCase()] ?? 1))
  const details = { code: 'cache-limit', fault: 'usage', where: 'HEADWISE_CACHE_LIMIT', found: stated } as const
  throw new HeadwiseError(`HEADWISE_CACHE_LIMIT is ${stated}; give bytes, or a number with K, M, G or T.`, details)
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isAbsent(error)) return []
    throw systemFault(error, folder, 'reading the cache folder')
  }
}

/** What the cache holds, the most recently used first. */
export function listCache(): CacheEntry[] {
  return names(weightsRoot())
    .filter(name => /^[0-9a-f]{64}$/.test(name))
    .flatMap(hash => {
      const path = join(weightsRoot(), hash)
      try {
        const bytes = statSync(join(path, WEIGHTS_FILE)).size
        return [{ hash, path, bytes, lastUsed: statSync(path).mtime }]
      } catch {
        // Another process is removing it.
        return []
      }
    })
    .sort((a, b) => b.lastUsed.getTime() - a.lastUsed.getTime())
}

/** Removes converted weights: those with the given hashes, or all and what is remembered of files. Returns bytes freed. */
export function clearCache(hashes?: readonly string[]): number {
  const gone = listCache().filter(entry => hashes?.includes(entry.hash) ?? true)
  for (const { path } of gone) rmSync(path, { recursive: true, force: true })
  if (hashes === undefined) {
    for (const name of names(weightsRoot())) rmSync(join(weightsRoot(), name), { recursive: true, force: true })
    rmSync(knownRoot(), { recursive: true, force: true })
  }
  return gone.reduce((n, entry) => n + entry.bytes, 0)
}

/** Notes that an entry is in use: the least recently used goes first when room is needed. */
export function touch(path: string): void {
  const now = new Date()
  try {
    utimesSync(path, now, now)
  } catch {
    // A cache that cannot be written still serves.
  }
}

function sweep(): void {
  for (const name of names(weightsRoot()).filter(n => n.startsWith(NEW_PREFIX))) {
    const path = join(weightsRoot(), name)
    const last = Math.max(
      0,
      ...[path, ...names(path).map(n => join(path, n))].map(p => statSync(p, { throwIfNoEntry: false })?.mtimeMs ?? 0),
    )
    if (Date.now() - last > STALE) rmSync(path, { recursive: true, force: true })
  }
}

/** Makes sure that `bytes` more fit under the cache's limit and on the disk; removes what was used longest ago. */
export function makeRoom(bytes: number): void {
  const limit = cacheLimit()
  const root = weightsRoot()
  if (bytes > limit) {
    const details = {
      code: 'cache-limit',
      fault: 'failed',
      file: root,
      where: 'HEADWISE_CACHE_LIMIT',
      found: bytes,
      allowed: limit,
    } as const
    throw new HeadwiseError(
      `The converted weights take ${bytes} bytes, over the cache's limit of ${limit}; set HEADWISE_CACHE_LIMIT higher.`,
      details,
    )
  }
  try {
    makeFolder(root)
    sweep()
    let used = listCache().reduce((n, entry) => n + entry.bytes, 0)
    for (const entry of listCache().reverse()) {
      if (used + bytes <= limit) break
      rmSync(entry.path, { recursive: true, force: true })
      used -= entry.bytes
    }
    const { bavail, bsize } = statfsSync(root)
    const free = bavail * bsize
    if (free >= bytes) return
    const details = {
      code: 'disk-full',
      fault: 'failed',
      file: root,
      where: 'free space',
      found: free,
      allowed: bytes,
    } as const
    throw new HeadwiseError(
      `The converted weights take ${bytes} bytes, but ${root} has only ${free} free; set HEADWISE_CACHE to another disk.`,
      details,
    )
  } catch (error) {
    const found = systemCode(error)
    if (error instanceof HeadwiseError || found === undefined) throw error
    const details = { code: 'cache-folder', fault: 'failed', file: root, found } as const
    const advice = 'set HEADWISE_CACHE to a folder that can be written'
    throw new HeadwiseError(`${root}: the cache folder cannot be used (${found}); ${advice}.`, details, {
      cause: error,
    })
  }
}
