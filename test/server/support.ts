import '../support/cache.ts'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'
import { afterAll } from 'vitest'
import { type ServeOptions, type Serving, serve } from '../../src/server/server.ts'

const root = join(import.meta.dirname, '../..')

/**
 * The engine process with the sources that it imports, for plain Node.js: beside the package's own folders, where it
 * finds the packages and the built-in model.
 */
async function engineProcess(): Promise<URL> {
  const folder = mkdtempSync(join(root, 'dist-server-test-'))
  const input = join(root, 'src/server/engine-process.ts')
  const build = await rolldown({
    input,
    platform: 'node',
    external: /^(?!@oxc-project)[^./\0]/,
    logLevel: 'silent',
    transform: { target: 'es2022' },
  })
  const dir = join(folder, 'server')
  await build.write({ dir, format: 'esm', entryFileNames: 'engine-process.js', chunkFileNames: '[name]-[hash].js' })
  return pathToFileURL(join(dir, 'engine-process.js'))
}

/** A built page: what matters here is which of its files can be had. */
export function page(): URL {
  const folder = mkdtempSync(join(tmpdir(), 'headwise-page-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>headwise</title>')
  writeFileSync(join(folder, 'assets/main-0a1b2c3d.js'), 'export {}')
  return pathToFileURL(folder)
}

let entry: Promise<URL> | undefined
afterAll(async () => {
  if (entry) rmSync(new URL('..', await entry), { recursive: true, force: true })
})

export async function start(o: Partial<ServeOptions> = {}): Promise<Serving> {
  entry ??= engineProcess()
  return await serve({
    models: [{ name: 'specimen', reference: 'specimen' }],
    options: { threads: 2 },
    entry: await entry,
    app: page(),
    port: 0,
    ...o,
  })
}

export interface RawAnswer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  /** Everything, as it came. */
  readonly text: string
}

const parsed = (text: string): RawAnswer => {
  const end = text.indexOf('\r\n\r\n')
  const [line = '', ...fields] = text.slice(0, end < 0 ? undefined : end).split('\r\n')
  const headers = new Map(
    fields.map(f => [f.slice(0, f.indexOf(':')).toLowerCase(), f.slice(f.indexOf(':') + 1).trim()] as const),
  )
  return { status: Number(line.split(' ')[1] ?? 0), headers, body: end < 0 ? '' : text.slice(end + 4), text }
}

/** Opens a connection and writes bytes as they are. */
export function rawSocket(port: number): { socket: Socket; answer: Promise<RawAnswer> } {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.setEncoding('latin1')
  socket.on('data', (piece: string) => {
    text += piece
  })
  socket.on('error', () => undefined)
  const answer = new Promise<RawAnswer>(resolve => socket.on('close', () => resolve(parsed(text))))
  return { socket, answer }
}

/** Sends a request as it stands and gives the answer; the server is asked to close the connection. */
export async function raw(port: number, text: string): Promise<RawAnswer> {
  const { socket, answer } = rawSocket(port)
  socket.write(text, 'latin1')
  const clock = setTimeout(() => socket.destroy(), 20_000)
  const got = await answer
  clearTimeout(clock)
  return got
}

/** A text as the bytes of its UTF-8, each a character. */
const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

/** A request of a well-behaved client, changed where a test wants it; `bytes` is a body that is no text. */
export function request(
  port: number,
  o: {
    method?: string
    path?: string
    headers?: Record<string, string | undefined>
    body?: string
    bytes?: string
  } = {},
): string {
  const { method = 'GET', path = '/api/jobs/x' } = o
  const body = o.body === undefined ? o.bytes : utf8(o.body)
  const headers = {
    Host: `127.0.0.1:${port}`,
    Connection: 'close',
    ...(body !== undefined && {
      'Content-Type': 'application/json',
      'Content-Length': String(body.length),
    }),
    ...o.headers,
  }
  const fields = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]))
  return `${method} ${path} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n${body ?? ''}`
}
