import { lstatSync, readdirSync } from 'node:fs'
import { extname, join } from 'node:path'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
}

export interface KnownFile {
  readonly path: string
  readonly type: string
  /** Its name holds a hash of what is in it. */
  readonly forever: boolean
}

/**
 * The files of a folder by the address that they are served at, listed once. Only these are ever opened: an address is
 * looked up as it stands and never becomes a path. Links and files of unknown types are left out.
 */
export function knownFiles(folder: string): ReadonlyMap<string, KnownFile> {
  const files = new Map<string, KnownFile>()
  const list = (inside: string): void => {
    for (const name of readdirSync(join(folder, inside)).sort()) {
      const path = join(folder, inside, name)
      const stat = lstatSync(path)
      const address = `${inside}/${name}`
      if (stat.isDirectory()) list(address)
      const type = TYPES[extname(name)]
      if (stat.isFile() && type !== undefined && /^[\w./-]+$/.test(address))
        files.set(address, { path, type, forever: /-[\w-]{8,}\.\w+$/.test(name) })
    }
  }
  list('')
  const index = files.get('/index.html')
  if (index) files.set('/', index)
  return files
}
