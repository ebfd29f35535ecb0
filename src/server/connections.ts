import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ServiceFault } from '../service/fault.ts'
import { RETRY_AFTER } from './line.ts'

/** How long (ms) clients may take over a header, a request, or saying nothing. */
const LIMITS = { headers: 5_000, request: 30_000, silence: 120_000 }
/** Connections that may be open. */
const MOST_CONNECTIONS = 1024
/** Requests that may be under way. Streams of events stay open: they leave room for others, such as to end a job. */
const MOST_REQUESTS = { others: 256, streams: 192 }

const STATUS_LINES: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** What clients hold open of a server: those that are slow, silent or many cannot keep others out. */
export class Connections {
  /** Connections without a request of theirs under way, the longest idle first. */
  readonly #idle = new Set<Socket>()
  /** Silence while an engine computes is no fault of the client. */
  readonly #answering = new WeakMap<Socket, ServerResponse>()
  #open = 0
  #underWay = 0

  constructor(server: Server) {
    server.headersTimeout = LIMITS.headers
    server.requestTimeout = LIMITS.request
    // Node drops what is above its own count without a word; the guard counts and says so.
    server.maxHeadersCount = 0
    server.setTimeout(LIMITS.silence)
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      if (socket.writable)
        socket.end(
          `HTTP/1.1 ${STATUS_LINES[error.code ?? ''] ?? '400 Bad Request'}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
        )
      else socket.destroy()
    })
    server.on('connection', socket => this.#opened(socket))
    server.on('timeout', socket => {
      const response = this.#answering.get(socket)
      if (!response || response.headersSent) socket.destroy()
    })
  }

  #opened(socket: Socket): void {
    this.#open++
    this.#idle.add(socket)
    socket.once('close', () => {
      this.#open--
      this.#idle.delete(socket)
    })
    if (this.#open <= MOST_CONNECTIONS) return
    const [oldest] = this.#idle
    oldest?.destroy()
  }

  /** Counts a request until its answer is out; says why it cannot be taken where too many are under way. */
  begin({ socket, url }: IncomingMessage, response: ServerResponse): ServiceFault | undefined {
    const found = this.#underWay++
    this.#idle.delete(socket)
    this.#answering.set(socket, response)
    response.once('close', () => {
      this.#underWay--
      if (!socket.destroyed) this.#idle.add(socket)
    })
    const most = MOST_REQUESTS[/\/events(?:$|\?)/.test(url ?? '') ? 'streams' : 'others']
    if (found < most) return undefined
    return {
      code: 'busy',
      message: `${found} requests are under way already; try again in ${RETRY_AFTER} seconds.`,
      fault: 'failed',
      where: 'requests',
      found: String(found),
      allowed: String(most),
    }
  }
}
