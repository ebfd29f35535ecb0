import { cacheLimit, cacheRoot, clearCache, listCache } from '../checkpoint/cache-folder.ts'
import { toJson } from '../results/json.ts'
import type { Context, Define } from './context.ts'
import { exclusive, wrongInput } from './input.ts'
import { oneOf } from './options.ts'
import { table } from './terminal/table.ts'
import { bytes, count } from './terminal/units.ts'

interface Options {
  readonly all?: boolean
  readonly json?: boolean
}

const HELP = `
Weights that are not float32 are converted once and kept; all of it can be
cleared safely. HEADWISE_CACHE moves the folder, HEADWISE_CACHE_LIMIT bounds
it.

  headwise cache clear --all`

export const cache: Define = (command, context) =>
  command
    .usage('[list | clear HASH | clear --all]')
    .argument('[action]', 'list (default) or clear')
    .argument('[hash]', 'beginning of the hash of what to clear, 4 digits or more')
    .option('--all', 'clear everything')
    .option('--json', 'one JSON document on stdout and nothing else')
    .addHelpText('after', HELP)
    .action((action: string | undefined, hash: string | undefined, o: Options) => {
      if (oneOf('ACTION', ['list', 'clear'])(action ?? 'list') === 'clear') clear(hash, o, context)
      else list(hash, o, context)
    })

function list(hash: string | undefined, o: Options, { print, style }: Context): void {
  exclusive({ list: 'list', '--all': o.all, HASH: hash })
  const entries = listCache()
  const total = entries.reduce((n, e) => n + e.bytes, 0)
  if (o.json) {
    print(toJson({ folder: cacheRoot(), limit: cacheLimit(), bytes: total, entries }))
    return
  }
  const rows = entries.map(e => [
    e.hash.slice(0, 12),
    bytes(e.bytes),
    e.lastUsed.toISOString().slice(0, 16).replace('T', ' '),
  ])
  const columns = [{ title: 'weights' }, { title: 'size', right: true }, { title: 'last used (UTC)' }]
  if (rows.length > 0) print(`${table(columns, rows, style)}\n\n`)
  print(`${bytes(total)} of ${bytes(cacheLimit())} in ${cacheRoot()}\n`)
}

function clear(hash: string | undefined, o: Options, { print }: Context): void {
  exclusive({ HASH: hash, '--all': o.all })
  if (hash === undefined && !o.all)
    throw wrongInput('Say what to clear: HASH (see headwise cache list), or --all.', 'HASH', 'nothing', 'HASH or --all')
  const freed = hash === undefined ? clearCache() : clearCache([only(hash)])
  print(o.json ? toJson({ freed }) : `${bytes(freed)} freed\n`)
}

/** The one entry whose hash begins like this. */
function only(hash: string): string {
  const found = /^[0-9a-f]{4,64}$/.test(hash) ? listCache().filter(e => e.hash.startsWith(hash)) : []
  const [entry, second] = found
  if (entry && !second) return entry.hash
  const many = second ? `${count(found.length, 'entry', 'entries')} begin with` : 'No entry begins with'
  throw wrongInput(
    `${many} ${JSON.stringify(hash)}; see headwise cache list.`,
    'HASH',
    hash,
    'the beginning of one entry',
  )
}
