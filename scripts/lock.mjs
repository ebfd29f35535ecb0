// Completes package-lock.json with the optional packages of other platforms. A registry that does not carry them makes
// npm leave them out, and `npm ci` refuses such a lock. Run it after `npm install`.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PLATFORM =
  /(android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32|aix)-(arm64|arm|ia32|loong64|mips64el|ppc64|riscv64|s390x|x64)(?:-(\w+))?$/

const file = join(dirname(fileURLToPath(import.meta.url)), '../package-lock.json')
const lock = JSON.parse(readFileSync(file, 'utf8'))
const listed = name => Object.keys(lock.packages).some(path => path.endsWith(`node_modules/${name}`))

/** The entry of a package that only its name tells of; npm takes the checksum when it first fetches it. */
function entry(name, version, parent) {
  const [, os, cpu, abi = ''] = PLATFORM.exec(name) ?? []
  if (!os) throw new Error(`${name} is missing from the lock and names no platform`)
  const libc = os === 'linux' && abi ? { libc: [abi.startsWith('musl') ? 'musl' : 'glibc'] } : {}
  const dev = parent.dev ? { dev: true } : {}
  return { version, cpu: [cpu], ...dev, ...libc, license: parent.license, optional: true, os: [os] }
}

const missing = Object.values(lock.packages).flatMap(parent =>
  Object.entries(parent.optionalDependencies ?? {})
    .filter(([name]) => !listed(name))
    .map(([name, version]) => [`node_modules/${name}`, entry(name, version, parent)]),
)
const [root, ...rest] = [...Object.entries(lock.packages), ...missing]
lock.packages = Object.fromEntries([root, ...rest.sort(([a], [b]) => a.localeCompare(b, 'en'))])
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
