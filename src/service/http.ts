/// <reference lib="dom" />
import { HeadwiseError, throwIfAborted } from '../words/error.ts'
import type { CallOptions, Client } from './client.ts'
import { errorOf, type ServiceFault } from './fault.ts'
import { decodeAnswer } from './frame.ts'
import { Lanes } from './lanes.ts'
import { type LongVerb, type Params, type QuickVerb, type Result, type StreamVerb, type Verb, verbs } from './verbs.ts'

export interface HttpOptions {
  /** Where the server is; default where the page came from. */
  readonly base?: string
  /** What the server printed at its start, where it listens beyond its own machine; default that of the page's address. */
  readonly token?: string
}

/** Pauses (ms) before a broken stream of events is taken up again. */
const AGAIN = [200, 1000, 3000]

const unreachable = (cause: unknown): HeadwiseError =>
  new HeadwiseError(
    'The server does not answer; start it again with `headwise serve` and try again.',
    { code: 'unreachable', fault: 'failed' },
    { cause },
  )

/** From so many tokens on a question takes long enough that whoever waits wants to know how far it is. */
const LONG_TEXT = 256
const isLong = (params: unknown): boolean =>
  typeof params === 'object' &&
  params !== null &&
  'ids' in params &&
  Array.isArray(params.ids) &&
  params.ids.length > LONG_TEXT

/** Drawn at random for each page: only who knows it sees the page's jobs. */
function clientName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, b => b.toString(16).padStart(2, '0')).join('')
}

interface ServerEvent {
  readonly id: string
  readonly kind: string
  readonly data: unknown
}

/** The events of a stream as they come (WHATWG HTML, server-sent events: fields `id`, `event`, `data`). */
async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      text += decoder.decode(value, { stream: true })
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const fields = new Map(
          text
            .slice(0, end)
            .split('\n')
            .map(line => {
              const colon = line.indexOf(': ')
              return [line.slice(0, colon), line.slice(colon + 2)] as const
            }),
        )
        text = text.slice(end + 2)
        const data = fields.get('data')
        if (data !== undefined)
          yield { id: fields.get('id') ?? '', kind: fields.get('event') ?? '', data: JSON.parse(data) as unknown }
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

/** Storage may be forbidden: the token is then known until the page is left. */
function stored<T>(use: (storage: Storage, name: string) => T): T | undefined {
  try {
    return use(sessionStorage, 'headwise-token')
  } catch {
    return undefined
  }
}

/**
 * The token that the server put into the page's address; it is taken out of the address, so that it is in no link and
 * no history.
 */
function takeToken(): string | undefined {
  if (typeof location === 'undefined') return undefined
  const address = new URL(location.href)
  const token = address.searchParams.get('token') ?? stored((s, name) => s.getItem(name)) ?? undefined
  if (token === undefined) return undefined
  stored((s, name) => s.setItem(name, token))
  address.searchParams.delete('token')
  history.replaceState(history.state, '', address)
  return token
}

/** The server's engine, asked over HTTP. */
export function httpClient({ base = '/', token = takeToken() }: HttpOptions = {}): Client {
  const lanes = new Lanes()
  const closed = new AbortController()
  const headers = {
    'X-Headwise-Client': clientName(),
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
  }

  const ask = async (
    method: string,
    path: string,
    signal: AbortSignal,
    body?: object,
    more = {},
  ): Promise<Response> => {
    const response = await fetch(`${base}api/${path}`, {
      method,
      signal,
      headers: { ...headers, ...more, ...(body && { 'Content-Type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throwIfAborted(signal)
      throw unreachable(error)
    })
    if (response.ok) return response
    const told = (await response.json().catch(() => undefined)) as
      | { error?: Omit<ServiceFault, 'where'> & { param?: string } }
      | undefined
    if (!told?.error) throw unreachable(new Error(`status ${response.status}`))
    const { param, ...fault } = told.error
    throw errorOf({ ...fault, ...(param !== undefined && { where: param }) })
  }

  const value = async (response: Response, signal: AbortSignal): Promise<unknown> => {
    const bytes = await response.arrayBuffer().catch((error: unknown) => {
      throwIfAborted(signal)
      throw unreachable(error)
    })
    return decodeAnswer(response.headers.get('content-type') ?? '', new Uint8Array(bytes))
  }

  /** Every event of a job, also across broken connections; `undefined` stands for none yet. */
  async function* follow(job: string, signal: AbortSignal): AsyncGenerator<ServerEvent> {
    let [after, tries] = ['0', 0]
    for (;;) {
      try {
        const { body } = await ask('GET', `jobs/${job}/events`, signal, undefined, { 'Last-Event-ID': after })
        for await (const event of eventsOf(body!)) {
          after = event.id
          tries = 0
          yield event
          if (event.kind === 'done' || event.kind === 'error') return
        }
      } catch (error) {
        throwIfAborted(signal)
        // A server that was started anew knows nothing of what another one had begun.
        if (error instanceof HeadwiseError && error.code === 'job-unknown') throw unreachable(error)
        if (error instanceof HeadwiseError && error.code !== 'unreachable') throw error
      }
      const pause = AGAIN[tries++]
      if (pause === undefined) throw unreachable(new Error('the stream of events broke'))
      await new Promise(resolve => setTimeout(resolve, pause))
    }
  }

  /** Begins a job and gives its pieces; ends it on the server when nobody waits any more. */
  async function* job(
    verb: Verb,
    params: unknown,
    o: CallOptions,
    signal: AbortSignal,
  ): AsyncGenerator<unknown, string> {
    const begun = await ask('POST', `jobs/${verb}`, signal, {
      params,
      ...(o.model !== undefined && { model: o.model }),
    })
    const { job: id } = (await begun.json()) as { job: string }
    let ended = false
    try {
      for await (const { kind, data } of follow(id, signal)) {
        ended = kind === 'done' || kind === 'error'
        if (kind === 'progress') o.onProgress?.(data as Parameters<NonNullable<CallOptions['onProgress']>>[0])
        else if (kind === 'piece') yield data
        else if (kind === 'error') throw errorOf(data as ServiceFault)
      }
      return id
    } finally {
      if (!ended) void ask('DELETE', `jobs/${id}`, closed.signal).catch(() => undefined)
    }
  }

  const both = (signal: AbortSignal | undefined): AbortSignal =>
    signal ? AbortSignal.any([signal, closed.signal]) : closed.signal

  const call = async (verb: QuickVerb | LongVerb, params: unknown, o: CallOptions): Promise<unknown> =>
    await lanes.run(o.lane, both(o.signal), async signal => {
      const { model } = o
      if (verbs[verb].kind === 'quick' && !(o.onProgress && isLong(params)))
        return await value(await ask('POST', verb, signal, { params, ...(model !== undefined && { model }) }), signal)
      const pieces = job(verb, params, o, signal)
      for (;;) {
        const { done, value: id } = await pieces.next()
        if (done) return await value(await ask('GET', `jobs/${id}/result`, signal), signal)
      }
    })

  return {
    kind: 'http',
    call: async <V extends QuickVerb | LongVerb>(verb: V, params: Params<V>, o: CallOptions = {}) =>
      (await call(verb, params, o)) as Result<V>,
    stream: <V extends StreamVerb>(verb: V, params: Params<V>, o: CallOptions = {}) =>
      job(verb, params, o, both(o.signal)) as AsyncIterable<Result<V>>,
    close: () => closed.abort(),
  }
}
