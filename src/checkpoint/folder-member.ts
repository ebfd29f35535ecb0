import { lstatSync, realpathSync, type Stats } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { bad } from './fault.ts'
import { assertRegular, isAbsent, systemFault } from './files.ts'

const WINDOWS_DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?$/i

/** Why a name from a file is not a plain file name by the rules of POSIX and Windows both, or undefined if it is. */
export function fileNameFault(name: string): string | undefined {
  if (name === '' || name === '.' || name === '..') return 'is no file name'
  if (name.length > 255) return 'is longer than 255 characters'
  if (/[/\\:]/.test(name)) return 'holds a path'
  if (/[\u0000-\u001f\u007f<>"|?*]/.test(name)) return 'holds a character that file names must not have'
  if (/[. ]$/.test(name) || WINDOWS_DEVICE.test(name)) return 'is not a file name on Windows'
  return undefined
}

const lstat = (path: string): Stats | undefined => {
  try {
    return lstatSync(path)
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw systemFault(error, path, 'looking at it')
  }
}

/** A hub cache keeps `snapshots/REVISION/NAME` as links into the `blobs` beside `snapshots`. */
const ownBlobs = (folder: string): string | undefined =>
  basename(dirname(folder)) === 'snapshots' ? join(dirname(dirname(folder)), 'blobs') : undefined

/**
 * The file `name` of `folder`, or undefined where there is none. Only a regular file of the folder itself is accepted,
 * or a link to one in the hub cache's own blobs; nothing else is opened to find out what it is.
 */
export function memberFile(folder: string, name: string): string | undefined {
  const path = join(folder, name)
  const stats = lstat(path)
  if (stats === undefined) return undefined
  if (!stats.isSymbolicLink()) {
    assertRegular(stats, path)
    return path
  }
  let target: string
  try {
    target = realpathSync(path)
  } catch (error) {
    throw systemFault(error, path, 'following the link')
  }
  const real = realpathSync(folder)
  if (![real, ownBlobs(real)].includes(dirname(target))) {
    const details = { code: 'link-leaves-folder', file: path, found: target, allowed: real }
    throw bad(details, `this link leads out of its folder, to ${target}; put the file itself into the folder.`)
  }
  assertRegular(lstatSync(target), path)
  return path
}
