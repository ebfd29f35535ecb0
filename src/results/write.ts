import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, lstatSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { lstat, stat } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { systemCode } from '../checkpoint/files.ts'
import { HeadwiseError } from '../words/error.ts'
import type { Grid } from '../words/grid.ts'
import { csvText } from './csv.ts'
import { isTaskList, MAX_RESULT_BYTES, type ResultDocument } from './document.ts'
import { toJson } from './json.ts'
import { resultTable } from './table.ts'

export interface OutOptions {
  /** Replace an existing file. */
  readonly force?: boolean
}

/**
 * Judges the name of a result before any work is done for it, and returns its suffix. Refused as wrong usage: a suffix
 * that is not among `kinds`; a missing folder; a folder, link or device; an existing file without `force`; for `.onnx`,
 * whose readers resolve names beside it, a path through `..`.
 */
export async function checkOut(
  path: string,
  { force = false, kinds }: OutOptions & { readonly kinds: readonly string[] },
): Promise<string> {
  const refuse = (code: string, why: string, found: unknown, allowed: unknown): HeadwiseError =>
    new HeadwiseError(`The output ${path} ${why}.`, {
      code,
      fault: 'usage',
      file: path,
      where: '--out',
      found,
      allowed,
    })
  if (path.includes('\0')) throw refuse('out-name', 'has a NUL in its name; give another name', path, 'a file name')
  if (/[/\\]$/.test(path)) throw refuse('out-folder', 'names a folder; give the name of a file', path, 'a file')
  const there = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw refuse('out-name', `cannot be used (${error.code}); give another name`, error.code, 'a file name')
  })
  if (there?.isDirectory()) throw refuse('out-folder', 'is a folder; give the name of a file', 'a folder', 'a file')
  const suffix = extname(path).toLowerCase()
  if (!kinds.includes(suffix)) {
    const ends = suffix === '' ? 'has no suffix' : `ends in ${suffix}`
    throw refuse('out-suffix', `${ends}; allowed: ${kinds.join(', ')}`, suffix, kinds)
  }
  if (suffix === '.onnx' && path.split(/[/\\]/).includes('..'))
    throw refuse('out-name', 'goes through ..; give the path without it', path, 'a path without ..')
  const folder = dirname(path)
  if (!(await stat(folder).catch(() => undefined))?.isDirectory())
    throw refuse('out-folder', `lies in ${folder}, which is not a folder; make it first`, folder, 'an existing folder')
  if (there?.isSymbolicLink())
    throw refuse('out-link', 'is a link, which is never followed or replaced; give another name', 'a link', 'a file')
  if (there && !there.isFile())
    throw refuse('out-special', 'is a device or a pipe; give the name of a file', 'no regular file', 'a file')
  if (there && !force) throw refuse('out-exists', 'exists already; give another name or --force', 'a file', 'no file')
  return suffix
}

/**
 * Writes bytes under a temporary name beside the final one, brings them to the disk, then renames: the final name
 * never holds half a file. Synchronous, so that an interrupt is handled before or after, and no temporary file stays.
 */
export function writeWhole(path: string, content: string | Uint8Array, { force = false }: OutOptions = {}): void {
  const folder = dirname(path)
  const temporary = join(folder, `.${basename(path).slice(0, 64)}.${randomBytes(6).toString('hex')}.part`)
  try {
    const file = openSync(temporary, 'wx')
    try {
      writeFileSync(file, content)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    const there = lstatSync(path, { throwIfNoEntry: false })
    if (there && (!force || !there.isFile()))
      throw new HeadwiseError(`The output ${path} appeared while it was computed and was left as it is.`, {
        code: 'out-exists',
        fault: 'failed',
        file: path,
        where: '--out',
        found: 'a file',
        allowed: 'no file',
      })
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    if (error instanceof HeadwiseError) throw error
    const found = systemCode(error) ?? String(error)
    throw new HeadwiseError(
      `The output ${path} could not be written (${found}); nothing was left behind.`,
      { code: 'out-write', fault: 'failed', file: path, where: '--out', found, allowed: 'a folder that has room' },
      { cause: error },
    )
  }
  syncFolder(folder)
}

/** Makes the new name last through a power cut, where the system can do that for folders. */
export function syncFolder(folder: string): void {
  try {
    const handle = openSync(folder, 'r')
    try {
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
  } catch {
    // Windows and some network file systems refuse; the file itself is complete.
  }
}

/** Suffixes under which each kind of result can be written. */
export const RESULT_SUFFIXES = {
  grid: ['.json', '.csv', '.parquet'],
  run: ['.json', '.csv'],
  generation: ['.json'],
  writes: ['.json', '.csv'],
  routes: ['.json', '.csv'],
  task: ['.json', '.csv'],
} as const

/** Suffixes under which the figure of grids can be written. */
export const FIGURE_SUFFIXES = ['.svg', '.png', '.html'] as const

/**
 * Writes a result as `.json` (whole, with its spec), `.csv` (the numbers of grids, the top tokens of a run) or
 * `.parquet` (the numbers of grids with their types, and the spec in its metadata).
 */
export async function writeResult(path: string, result: ResultDocument, options: OutOptions = {}): Promise<void> {
  const kind = isTaskList(result) ? 'task' : Array.isArray(result) ? 'grid' : result.kind
  const suffix = await checkOut(path, { ...options, kinds: RESULT_SUFFIXES[kind] })
  if (suffix === '.parquet') {
    const { gridParquet } = await import('./parquet.ts')
    return writeWhole(path, gridParquet(result as Grid | Grid[]), options)
  }
  const text = suffix === '.csv' ? csvText(resultTable(result)) : toJson(result)
  if (suffix === '.json' && Buffer.byteLength(text) > MAX_RESULT_BYTES)
    throw new HeadwiseError(
      `The result has more than ${MAX_RESULT_BYTES} bytes as JSON, which could not be read back; ask for fewer values or write .csv.`,
      {
        code: 'out-size',
        fault: 'failed',
        file: path,
        where: '--out',
        found: Buffer.byteLength(text),
        allowed: MAX_RESULT_BYTES,
      },
    )
  writeWhole(path, text, options)
}
