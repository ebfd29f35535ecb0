import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { getRequestListener } from '@hono/node-server'
import { HeadwiseError } from '../words/error.ts'
import { failure, SECURITY } from './answer.ts'
import { routes } from './app.ts'
import { Connections } from './connections.ts'
import { type EngineSetup, Engines } from './engines.ts'
import { knownFiles } from './files.ts'
import { isLoopback, type Rules, refusalOf } from './guard.ts'
import { Jobs } from './jobs.ts'

export interface ServeOptions extends EngineSetup {
  /** Default 127.0.0.1; anything but this machine makes a token necessary. */
  readonly host?: string
  /** Default 8017, or a free one where that is taken; 0 takes a free one. */
  readonly port?: number
  /** The folder of the built page; without it there is only the interface for programs. */
  readonly app: URL
}

export interface Serving extends AsyncDisposable {
  /** What to open, with the token where one is needed. */
  readonly url: string
  readonly port: number
  readonly token: string | undefined
}

const DEFAULT_PORT = 8017

/** How long (ms) an idle connection is kept, and how long (bytes) a header may be. */
const LIMITS = { keepAlive: 5_000, headerBytes: 16_384 }

/** Starts the server; the first engine of every model is open when it says so. Throws what opening them throws. */
export async function serve(o: ServeOptions): Promise<Serving> {
  const host = o.host ?? '127.0.0.1'
  const token = isLoopback(host) ? undefined : randomBytes(24).toString('base64url')
  const engines = new Engines(o)
  const jobs = new Jobs()
  const app = routes(engines, jobs, existsSync(o.app) ? knownFiles(fileURLToPath(o.app)) : new Map())
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false, hostname: 'localhost' })
  let rules: Rules = { port: 0, host, token }
  const server = createServer(
    // The guard says in its own words that a Host is missing.
    {
      requireHostHeader: false,
      maxHeaderSize: LIMITS.headerBytes,
      connectionsCheckingInterval: 1000,
      keepAliveTimeout: LIMITS.keepAlive,
    },
    (request, response) => {
      for (const [name, value] of Object.entries(SECURITY)) response.setHeader(name, value)
      const { method = '', url = '', rawHeaders } = request
      const head = { method, url, rawHeaders, localAddress: request.socket.localAddress }
      const busy = connections.begin(request, response)
      const refusal = refusalOf(head, rules)
      if (refusal) void refuse(request, response, failure(refusal, refusal.status))
      else if (busy) void refuse(request, response, failure(busy))
      else void listener(request, response)
    },
  )
  const connections = new Connections(server)
  try {
    await listen(server, host, o.port)
    const { port } = server.address() as AddressInfo
    rules = { port, host, token }
    await engines.open()
    const name = host.includes(':') ? `[${host}]` : host
    const url = `http://${name}:${port}/${token === undefined ? '' : `?token=${token}`}`
    return { url, port, token, [Symbol.asyncDispose]: () => close(server, jobs, engines) }
  } catch (error) {
    await close(server, jobs, engines)
    throw error
  }
}

async function close(server: Server, jobs: Jobs, engines: Engines): Promise<void> {
  jobs.close()
  const closed = new Promise<void>(resolve => server.close(() => resolve()))
  server.closeAllConnections()
  await engines[Symbol.asyncDispose]()
  await closed
}

/** Answers without having read the body, and ends the connection: what follows on it would not be a request. */
async function refuse(request: IncomingMessage, response: ServerResponse, answer: Response): Promise<void> {
  request.on('error', () => undefined)
  const body = await answer.text()
  const length = String(Buffer.byteLength(body))
  response.writeHead(answer.status, {
    ...Object.fromEntries(answer.headers),
    'Content-Length': length,
    Connection: 'close',
  })
  response.end(body)
}

/** Throws `port` in one sentence when the port cannot be had. */
async function listen(server: Server, host: string, wanted: number | undefined): Promise<void> {
  const port = wanted ?? DEFAULT_PORT
  const attempt = new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  try {
    await attempt
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const taken = code === 'EADDRINUSE'
    if (taken && wanted === undefined) return await listen(server, host, 0)
    const why = taken ? `port ${port} of ${host} is taken; choose another with --port` : message
    throw new HeadwiseError(
      `The server cannot listen: ${why}.`,
      { code: 'port', fault: 'failed', where: '--port', found: port },
      { cause: error },
    )
  }
}
