import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'

/** Why there can be no Redis here, or undefined where there can. */
export function redisMissing(): string | undefined {
  if (spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status !== 0) return 'redis-server is not installed'
  try {
    createRequire(createRequire(import.meta.url).resolve('bullmq')).resolve('ioredis')
    return undefined
  } catch {
    return 'the package ioredis is not installed'
  }
}

/** A real Redis of its own in a temporary folder, which goes with it. */
export class Redis implements AsyncDisposable {
  readonly #folder: string
  readonly #port: number
  #server: ChildProcess | undefined

  private constructor(folder: string, port: number) {
    this.#folder = folder
    this.#port = port
  }

  get url(): string {
    return `redis://127.0.0.1:${this.#port}`
  }

  static async start(): Promise<Redis> {
    const server = new Redis(mkdtempSync(join(tmpdir(), 'headwise-redis-')), await freePort())
    await server.up()
    return server
  }

  async up(): Promise<void> {
    const options = { port: this.#port, bind: '127.0.0.1', dir: this.#folder, save: '', appendonly: 'yes' }
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
    const server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] })
    this.#server = server
    let said = ''
    await new Promise<void>((resolve, reject) => {
      server.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text
        if (said.includes('Ready to accept connections')) resolve()
      })
      server.once('exit', () => reject(new Error(`Redis did not start: ${said}`)))
    })
  }

  /** A crash. */
  async down(): Promise<void> {
    const server = this.#server
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    server.kill('SIGKILL')
    await once(server, 'exit')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
