import { createHash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import type { ServiceFault } from '../service/fault.ts'
import { printable } from '../words/error.ts'

/** A request as far as it is judged before anything is read or done. */
export interface RequestHead {
  readonly method: string
  /** As it stood on the wire. */
  readonly url: string
  /** Names and values in turn, as they stood on the wire. */
  readonly rawHeaders: readonly string[]
  /** The address of this machine that the connection came to. */
  readonly localAddress: string | undefined
}

/** Who may ask. */
export interface Rules {
  readonly port: number
  /** The host that the server was told to listen on. */
  readonly host: string
  /** Required of every call where the server listens beyond this machine. */
  readonly token: string | undefined
}

export interface Refusal extends ServiceFault {
  readonly status: number
}

const MAX_HEADERS = 64
const MAX_URL = 512
/** What may stand in a path and its query (RFC 3986). */
const PATH = /^\/[\w\-.~!$&'()*+,;=:@/?%[\]]*$/
const METHODS = ['GET', 'POST', 'DELETE']
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))

const bracketed = (address: string): string => {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '')
  return isIP(plain) === 6 ? `[${plain}]` : plain
}

/** `NAME:PORT` of everything that this server may be called. A name that anybody could point here is none of them. */
export function allowedHosts({ port, host }: Rules, localAddress: string | undefined): string[] {
  const names = new Set(LOOPBACK)
  names.add(bracketed(host))
  if (localAddress !== undefined) names.add(bracketed(localAddress))
  for (const wildcard of ['0.0.0.0', '[::]']) names.delete(wildcard)
  return [...names].flatMap(n => (port === 80 ? [`${n}:80`, n] : [`${n}:${port}`]))
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
const sameToken = (given: string, token: string): boolean => timingSafeEqual(digest(given), digest(token))

/** Why a request is refused before its body is read, or undefined when it may go on. */
export function refusalOf(head: RequestHead, rules: Rules): Refusal | undefined {
  const headers = new Map<string, string[]>()
  for (let i = 0; i < head.rawHeaders.length; i += 2) {
    const name = head.rawHeaders[i]!.toLowerCase()
    headers.set(name, [...(headers.get(name) ?? []), head.rawHeaders[i + 1]!])
  }
  const one = (name: string): string | undefined => headers.get(name)?.[0]
  const refuse = (status: number, code: string, message: string, where: string, found?: string): Refusal => ({
    status,
    code,
    message,
    fault: 'usage',
    where,
    ...(found !== undefined && { found: printable(found, 200) }),
  })
  if (head.rawHeaders.length / 2 > MAX_HEADERS)
    return refuse(
      431,
      'headers',
      `A request has at most ${MAX_HEADERS} header fields.`,
      'headers',
      `${head.rawHeaders.length / 2}`,
    )
  const allowed = allowedHosts(rules, head.localAddress)
  const host = headers.get('host') ?? []
  if (host.length !== 1 || !allowed.includes(host[0]!.toLowerCase()))
    return refuse(421, 'host', `The Host of a request must be ${allowed.join(' or ')}.`, 'Host', host.join(', '))
  for (const origin of headers.get('origin') ?? [])
    if (!allowed.some(a => origin.toLowerCase() === `http://${a}`))
      return refuse(403, 'origin', 'Pages of other origins may not ask this server.', 'Origin', origin)
  if (!METHODS.includes(head.method))
    return refuse(405, 'method', `Requests are ${METHODS.join(', ')}.`, 'method', head.method)
  if (head.url.length > MAX_URL || !PATH.test(head.url))
    return refuse(400, 'url', `The address must be a path of at most ${MAX_URL} plain characters.`, 'url', head.url)
  if (!head.url.startsWith('/api/')) return bodyless(head, headers, refuse)
  const site = one('sec-fetch-site')
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    return refuse(403, 'origin', 'Pages of other origins may not ask this server.', 'Sec-Fetch-Site', site)
  if (rules.token !== undefined && !sameToken(one('authorization') ?? '', `Bearer ${rules.token}`))
    return refuse(
      401,
      'token',
      'This server listens beyond its own machine: send the token that it printed at its start, as `Authorization: Bearer TOKEN`.',
      'Authorization',
    )
  return head.method === 'POST' ? bodyKind(headers, refuse) : bodyless(head, headers, refuse)
}

type Headers = ReadonlyMap<string, readonly string[]>
type Refuse = (status: number, code: string, message: string, where: string, found?: string) => Refusal

function bodyKind(headers: Headers, refuse: Refuse): Refusal | undefined {
  const type = headers.get('content-type')?.join(', ')
  if (type === undefined || !/^application\/json(; ?charset="?utf-8"?)?$/i.test(type))
    return refuse(415, 'content-type', 'The body must be application/json.', 'Content-Type', type ?? 'nothing')
  const encoding = headers.get('content-encoding')?.join(', ')
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    return refuse(415, 'content-encoding', 'The body must not be compressed.', 'Content-Encoding', encoding)
  return undefined
}

function bodyless({ method }: RequestHead, headers: Headers, refuse: Refuse): Refusal | undefined {
  const length = headers.get('content-length')?.join(', ')
  if (headers.has('transfer-encoding') || (length !== undefined && length !== '0'))
    return refuse(400, 'body', `A ${method} request here has no body.`, 'body', length ?? 'chunks')
  return undefined
}
