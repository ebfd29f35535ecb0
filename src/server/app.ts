import { readFile } from 'node:fs/promises'
import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { validate } from '../results/issue.ts'
import { checkParams, checkVerb } from '../service/check.ts'
import { faultOf } from '../service/fault.ts'
import type { Answer } from '../service/frame.ts'
import { Lanes } from '../service/lanes.ts'
import { type Verb, verbs } from '../service/verbs.ts'
import { HeadwiseError } from '../words/error.ts'
import { failure } from './answer.ts'
import { readBody } from './body.ts'
import type { Engines } from './engines.ts'
import { eventStream } from './events.ts'
import type { KnownFile } from './files.ts'
import type { Jobs } from './jobs.ts'

/** What every call says beside its parameters. */
const envelopeSchema = z.strictObject({
  params: z.unknown().optional(),
  lane: z.string().min(1).max(64).optional(),
  model: z.string().min(1).max(1024).optional(),
})

type Ask = Context<{ Bindings: HttpBindings }>

const usage = (code: string, message: string, where: string, found: unknown, allowed: unknown): HeadwiseError =>
  new HeadwiseError(message, { code, fault: 'usage', where, found, allowed })

/** Who asks: a page draws its name at random, and only it knows its jobs. */
function clientOf(c: Ask): string {
  const name = c.req.header('x-headwise-client') ?? 'anybody'
  if (/^[\w-]{1,64}$/.test(name)) return name
  throw usage(
    'client',
    'X-Headwise-Client must be 1 to 64 letters, digits, - or _.',
    'X-Headwise-Client',
    name,
    'a name',
  )
}

/** Nothing is said in the query of an address, save where a stream of events goes on. */
function refuseQuery(c: Ask, known: readonly string[] = []): void {
  for (const name of new URL(c.req.url).searchParams.keys())
    if (!known.includes(name))
      throw usage(
        'query',
        `The address has the unknown parameter ${JSON.stringify(name.slice(0, 64))}.`,
        'query',
        name,
        known,
      )
}

const answered = ({ type, bytes }: Answer): Response =>
  new Response(bytes, { headers: { 'Content-Type': type, 'Cache-Control': 'no-store' } })

/** A call as the body says it, its parameters checked before any engine is troubled. */
async function askedFor(c: Ask, engines: Engines) {
  refuseQuery(c)
  const verb: Verb = checkVerb(c.req.param('verb') ?? '')
  const body = await readBody(c.env.incoming)
  const subject = { file: 'request', root: 'request', code: 'request', namesAreUsage: true }
  const { params = {}, lane, model } = validate(envelopeSchema, body, subject)
  checkParams(verb, params)
  return { verb, kind: verbs[verb].kind, params, lane, model: engines.modelName(model), client: clientOf(c) }
}

/** The event after which a stream goes on: what the browser saw last, else what the address says. */
function lastSeen(c: Ask): number {
  refuseQuery(c, ['after'])
  const text = c.req.header('last-event-id') ?? c.req.query('after') ?? '0'
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
}

/** The routes of the server: verbs, jobs, and the files of the page. */
export function routes(
  engines: Engines,
  jobs: Jobs,
  files: ReadonlyMap<string, KnownFile>,
): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>()
  const lanes = new Lanes()

  app.post('/api/jobs/:verb', async c => {
    // A quick question about a long text takes long enough to be followed, too.
    const { verb, kind, params, model, client } = await askedFor(c, engines)
    const job = jobs.start(client, verb, job =>
      engines.call(model, kind, { do: 'call', verb, params }, { signal: job.signal, onEvent: told => job.tell(told) }),
    )
    return c.json({ job: job.id }, 202, { 'Cache-Control': 'no-store', Location: `/api/jobs/${job.id}` })
  })

  app.get('/api/jobs/:id', c => {
    refuseQuery(c)
    const { id, verb, state } = jobs.find(clientOf(c), c.req.param('id'))
    return c.json({ job: id, verb, state }, 200, { 'Cache-Control': 'no-store' })
  })

  app.get('/api/jobs/:id/events', c => {
    const job = jobs.find(clientOf(c), c.req.param('id'))
    const stop = new AbortController()
    const events = job.follow(lastSeen(c), stop.signal)
    c.req.raw.signal.addEventListener('abort', () => stop.abort(), { once: true })
    return c.body(eventStream(events, stop), 200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  })

  app.get('/api/jobs/:id/result', c => {
    refuseQuery(c)
    const job = jobs.find(clientOf(c), c.req.param('id'))
    if (job.answer) return answered(job.answer)
    throw usage('job-result', `The job has no result: it is ${job.state}.`, 'job', job.state, 'done')
  })

  app.delete('/api/jobs/:id', c => {
    refuseQuery(c)
    const job = jobs.find(clientOf(c), c.req.param('id'))
    job.cancel()
    return c.json({ job: job.id, verb: job.verb, state: job.state }, 200, { 'Cache-Control': 'no-store' })
  })

  app.post('/api/:verb', async c => {
    const { verb, kind, params, lane, model, client } = await askedFor(c, engines)
    if (kind !== 'quick')
      throw usage('verb-kind', `${verb} is a job: ask for it at /api/jobs/${verb}.`, 'verb', verb, `/api/jobs/${verb}`)
    const answer = await lanes.run(lane && `${client} ${model} ${lane}`, c.req.raw.signal, signal =>
      engines.call(model, 'quick', { do: 'call', verb, params }, { signal }),
    )
    return answered(answer!)
  })

  app.get('*', async c => {
    // The path as it stood on the wire: nothing is decoded, so nothing can be decoded twice.
    const address = (c.env.incoming.url ?? '').split('?')[0]!
    const file = files.get(address)
    if (!file)
      throw usage(
        'file-unknown',
        files.size === 0 && address === '/'
          ? 'The workbench is not built here: run `npm run build` in the repository.'
          : `There is nothing at ${address}.`,
        'address',
        address,
        'the files of the workbench',
      )
    const cache = file.forever ? 'public, max-age=31536000, immutable' : 'no-cache'
    return new Response(await readFile(file.path), { headers: { 'Content-Type': file.type, 'Cache-Control': cache } })
  })

  app.notFound(() => failure({ code: 'file-unknown', message: 'There is nothing at this address.', fault: 'usage' }))
  app.onError(error => failure(faultOf(error)))
  return app
}
