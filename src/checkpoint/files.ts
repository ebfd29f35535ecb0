import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { HeadwiseError, printable } from '../words/error.ts'
import { bad } from './fault.ts'
import { isObject, type JsonLimits, type JsonObject, parseStrictJson } from './strict-json.ts'

const kindOf = (stats: Stats): string =>
  stats.isDirectory()
    ? 'a folder'
    : stats.isFIFO()
      ? 'a named pipe'
      : stats.isSocket()
        ? 'a socket'
        : stats.isSymbolicLink()
          ? 'a link'
          : 'a device'

/** The code of a failed system call (`ENOENT`, `EACCES`, …), or undefined for anything else. */
export const systemCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

const ABSENT = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'ERR_INVALID_ARG_VALUE']
export const isAbsent = (error: unknown): boolean => ABSENT.includes(systemCode(error) ?? '')

/** Turns what the file system says into one sentence about the file; other errors come back as they are. */
export function systemFault(error: unknown, file: string, doing: string): unknown {
  const code = systemCode(error)
  if (error instanceof HeadwiseError || code === undefined) return error
  if (isAbsent(error)) return bad({ code: 'file-missing', file, found: code }, 'there is no such file.')
  return new HeadwiseError(
    `${printable(file)}: ${doing} failed (${code}).`,
    { code: 'file-system', fault: 'failed', file, found: code },
    { cause: error },
  )
}

/** What the file system said when a file of ours was to be written, as one sentence; other errors come back as they are. */
export function writeFault(error: unknown, file: string): unknown {
  const found = systemCode(error)
  if (error instanceof HeadwiseError || found === undefined) return error
  const details = { code: 'file-write', fault: 'failed', file, found, allowed: 'a folder that has room' } as const
  return new HeadwiseError(`${printable(file)}: it could not be written (${found}).`, details, { cause: error })
}

/**
 * Makes a folder and those above it. Node's own `recursive` tries again for ever where a system refuses a new folder by
 * saying that the one above is missing, as below /proc.
 */
export function makeFolder(path: string): void {
  const above = dirname(path)
  if (above !== path && !existsSync(above)) makeFolder(above)
  try {
    mkdirSync(path)
  } catch (error) {
    if (systemCode(error) !== 'EEXIST' || !statSync(path).isDirectory()) throw error
  }
}

/** Refuses folders, pipes and devices by their description; they are never opened to find out. */
export function assertRegular(stats: Stats, file: string): void {
  if (stats.isFile()) return
  const found = kindOf(stats)
  throw bad({ code: 'not-a-regular-file', file, found, allowed: 'a regular file' }, `this is ${found}, not a file.`)
}

/** An open regular file; `read` fills the buffer from `position` and throws when the file ends before. */
export class RegularFile implements Disposable {
  readonly path: string
  readonly size: number
  readonly #fd: number

  constructor(path: string) {
    this.path = path
    try {
      assertRegular(statSync(path), path)
      // Non-blocking: should a pipe take the file's place between the two calls, opening it must not wait.
      this.#fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    } catch (error) {
      throw systemFault(error, path, 'opening it')
    }
    const stats = fstatSync(this.#fd)
    this.size = stats.size
  }

  read(buffer: Uint8Array, position: number): void {
    let done = 0
    while (done < buffer.length) {
      const n = readSync(this.#fd, buffer, done, buffer.length - done, position + done)
      if (n === 0) {
        const where = `byte ${position + done}`
        throw bad({ code: 'file-cut', file: this.path, where }, `the file became shorter while it was read (${where}).`)
      }
      done += n
    }
  }

  /** `bytes` bytes from `position`; the caller has compared both with `size`. */
  bytes(position: number, bytes: number): Buffer {
    const buffer = Buffer.allocUnsafeSlow(bytes)
    this.read(buffer, position)
    return buffer
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd)
  }
}

/** Reads a whole regular file that may be at most `maxBytes` long. */
export function readBounded(path: string, maxBytes: number): Buffer {
  using file = new RegularFile(path)
  if (file.size > maxBytes) {
    const details = { code: 'file-size', file: path, where: 'size', found: file.size, allowed: maxBytes }
    throw bad(details, `the file is ${file.size} bytes long, over the limit of ${maxBytes} bytes.`)
  }
  return file.bytes(0, file.size)
}

/** A file that must hold one JSON object. */
export function readJsonObject(path: string, limits: Omit<JsonLimits, 'file'> & { maxBytes: number }): JsonObject {
  const bytes = readBounded(path, limits.maxBytes)
  if (bytes.length === 0)
    throw bad({ code: 'json-empty', file: path, found: 0 }, 'the file is empty; it must hold JSON.')
  const value = parseStrictJson(bytes, { ...limits, file: path })
  if (isObject(value)) return value
  const found = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`
  throw bad(
    { code: 'json-not-object', file: path, found, allowed: 'an object' },
    `the JSON is ${found}, not an object.`,
  )
}
