import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { knownRoot } from './cache-folder.ts'
import { makeFolder } from './files.ts'

/** The first weight that is NaN or infinite; `index` counts elements in the file's order. */
export interface NonFinite {
  readonly tensor: string
  readonly index: number
  readonly value: string
}

/** What was found out about a checkpoint's contents by reading them all. */
export interface Known {
  readonly hash: string
  readonly nonFinite?: NonFinite
}

/** Raised when the hash, the conversion or this file's form changes: what older versions remembered is then forgotten. */
const VERSION = 1

/**
 * A name for the present contents of some files and the way they are read (`how`). A file counts as unchanged while
 * its device, inode, size and times (in nanoseconds) are.
 */
export function identityOf(files: readonly string[], how: string): string {
  const identities = files.map(file => {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true })
    return [dev, ino, size, mtimeNs, ctimeNs].join(':')
  })
  return createHash('sha256')
    .update(JSON.stringify([VERSION, identities, how]))
    .digest('hex')
}

const place = (identity: string): string => join(knownRoot(), `${identity}.json`)

const isKnown = (value: unknown): value is Known => {
  if (typeof value !== 'object' || value === null) return false
  const { hash, nonFinite } = value as Partial<Known>
  return typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash) && ['undefined', 'object'].includes(typeof nonFinite)
}

/** What is remembered under an identity; anything unreadable counts as nothing. */
export function recall(identity: string): Known | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(place(identity), 'utf8'))
    return isKnown(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Remembers, and says whether that was possible: without it everything works, but the next start reads all again. */
export function remember(identity: string, known: Known): boolean {
  const temporary = `${place(identity)}.${process.pid}-${randomBytes(4).toString('hex')}`
  try {
    makeFolder(knownRoot())
    writeFileSync(temporary, JSON.stringify(known))
  } catch {
    return false
  }
  try {
    renameSync(temporary, place(identity))
    return true
  } catch {
    rmSync(temporary, { force: true })
    return false
  }
}
