import { lstatSync, readdirSync, type Stats } from 'node:fs'
import { basename, join } from 'node:path'
import { bad } from '../../checkpoint/fault.ts'
import { isAbsent, readBounded, systemFault } from '../../checkpoint/files.ts'
import { memberFile } from '../../checkpoint/folder-member.ts'
import { HeadwiseError, printable } from '../../words/error.ts'

/** Published task files are a few megabytes; larger ones are something else. */
export const MAX_FILE_BYTES = 64 * 2 ** 20
const MAX_ENTRIES = 10_000
const MAX_FILES = 1000
const MAX_LINE = 2 ** 20

/** A text file of a data set, decoded. */
export interface DataFile {
  readonly path: string
  readonly text: string
}

/** The folder `name` inside another, or undefined; a link is refused, since it may lead anywhere. */
export function subfolder(folder: string, name: string): string | undefined {
  const path = join(folder, name)
  let stats: Stats
  try {
    stats = lstatSync(path)
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw systemFault(error, path, 'looking at it')
  }
  if (stats.isSymbolicLink()) {
    const details = { code: 'data-link', file: path, found: 'a link', allowed: 'a folder' }
    throw bad(details, 'this is a link, and nothing outside the folder of the data is read; give its target itself.')
  }
  return stats.isDirectory() ? path : undefined
}

/**
 * The folders in which a data set may lie, nearest first: `folder/id`, then `folder` itself, each also with the
 * subfolder that the published repository keeps its data in.
 */
export function homesOf(folder: string, id: string, inside?: string): string[] {
  const own = subfolder(folder, id)
  return [...(own === undefined ? [] : [own]), folder].flatMap(home => {
    const deeper = inside === undefined ? undefined : subfolder(home, inside)
    return deeper === undefined ? [home] : [home, deeper]
  })
}

/** The names in a folder that fit the pattern, sorted: at most 1,000 of 10,000 entries. */
export function namesIn(folder: string, pattern: RegExp): string[] {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch (error) {
    if (isAbsent(error)) return []
    throw systemFault(error, folder, 'listing it')
  }
  const tooMany = (found: number, allowed: number, what: string) =>
    bad(
      { code: 'data-entries', file: folder, found, allowed },
      `this folder has ${found} ${what}, over the limit of ${allowed}.`,
    )
  if (names.length > MAX_ENTRIES) throw tooMany(names.length, MAX_ENTRIES, 'entries')
  const fitting = names.filter(n => pattern.test(n)).sort()
  if (fitting.length > MAX_FILES) throw tooMany(fitting.length, MAX_FILES, 'data files')
  return fitting
}

/** The whole file as text: UTF-8 of at most 64 MiB; a byte order mark is left out. */
export function readText(path: string): DataFile {
  const bytes = readBounded(path, MAX_FILE_BYTES)
  try {
    return { path, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    throw bad({ code: 'data-encoding', file: path, allowed: 'UTF-8' }, 'this text is not valid UTF-8.')
  }
}

/** The lines of a file that hold something, numbered from 1; at most 1 MiB each. */
export function linesOf({ path, text }: DataFile): { line: number; text: string }[] {
  const lines = text.split('\n').map((line, i) => ({ line: i + 1, text: line.replace(/\r$/, '') }))
  const long = lines.find(l => l.text.length > MAX_LINE)
  if (long) {
    const [where, found] = [`line ${long.line}`, long.text.length]
    const details = { code: 'data-line', file: path, where, found, allowed: MAX_LINE }
    throw bad(details, `${where} is ${found} characters long, over the limit of ${MAX_LINE}.`)
  }
  return lines.filter(l => l.text.trim() !== '')
}

/** The refusal of a folder that does not hold the data set; `wanted` names the files that would make it one. */
export function missing(folder: string, id: string, wanted: readonly string[]): HeadwiseError {
  const files = wanted.join(', ')
  return new HeadwiseError(
    `${printable(folder)} holds no data set "${id}": neither it nor its folder ${id} has ${files}; docs/data.md says where to fetch it.`,
    { code: 'data-set-missing', fault: 'usage', file: folder, where: id, found: basename(folder), allowed: wanted },
  )
}

/** The refusal of a file that says too little without another one. */
export const alone = (file: string, wanted: readonly string[]): HeadwiseError =>
  bad({ code: 'data-alone', file, allowed: wanted }, `this file needs ${wanted.join(' or ')} beside it.`)

/** The first of the named files that lies in one of the folders: a regular file, never a link out of its folder. */
export function firstFile(homes: readonly string[], names: readonly string[]): string | undefined {
  for (const home of homes)
    for (const name of names) {
      const path = memberFile(home, name)
      if (path !== undefined) return path
    }
  return undefined
}

/** The one file of a data set under any of its names, or the refusal. */
export function onlyFile(folder: string, id: string, names: readonly string[], inside?: string): string {
  const path = firstFile(homesOf(folder, id, inside), names)
  if (path === undefined) throw missing(folder, id, names)
  return path
}
