import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Serving } from '../../src/server/server.ts'
import { type RawAnswer, raw, rawSocket, request, start } from './support.ts'

/** Numbers in brackets are those of the list of malformed and hostile inputs. */

let server: Serving
let port: number
const folder = mkdtempSync(join(tmpdir(), 'headwise-hostile-'))
beforeAll(async () => {
  writeFileSync(join(folder, 'secret.txt'), 'a secret')
  const app = join(folder, 'app')
  mkdirSync(app)
  writeFileSync(join(app, 'index.html'), '<!doctype html><title>headwise</title>')
  symlinkSync(join(folder, 'secret.txt'), join(app, 'linked.txt'))
  server = await start({ app: pathToFileURL(app) })
  port = server.port
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

const post = (body: string, o: { path?: string; headers?: Record<string, string | undefined> } = {}) =>
  raw(port, request(port, { method: 'POST', path: '/api/tokens', body, ...o }))
const postBytes = (bytes: string, headers: Record<string, string> = {}) =>
  raw(port, request(port, { method: 'POST', path: '/api/tokens', bytes, headers }))
const HELLO = '{"params":{"text":"hello"}}'

/** One sentence in JSON, no stack, no path of ours. */
function expectRefusal({ status, body, text }: RawAnswer, allowed: readonly number[], param?: string | RegExp): void {
  expect(allowed, text.slice(0, 400)).toContain(status)
  expect(text).not.toMatch(/\bat .*\.(ts|js):\d+|node_modules|\/work\//)
  expect(text).not.toMatch(/access-control-allow/i)
  if (body === '') return
  const { error } = JSON.parse(body) as { error: { message: string; param?: string } }
  expect(error.message).toMatch(/^[A-Z\w].*[.]$/s)
  if (param !== undefined) expect(error.param).toMatch(param)
}

/** After every attack a well-behaved client is served. */
async function expectHealthy(): Promise<void> {
  const { status, body } = await post(HELLO)
  expect([status, body.includes('"ids"')]).toEqual([200, true])
}
afterEach(expectHealthy, 30_000)

describe('who may ask [74]', () => {
  test.each([
    ['another name', 'evil.example'],
    ['another name with our port', 'evil.example:PORT'],
    ['another port', '127.0.0.1:1'],
    ['no port', 'localhost'],
    ['a name that only begins like ours', 'localhost.evil.example:PORT'],
    ['a final dot', 'localhost.:PORT'],
    ['user and password', 'localhost@evil.example:PORT'],
    ['what cannot be parsed', ':::[['],
    ['nothing', ''],
  ])('a Host of %s is refused for reads and writes', async (_, host) => {
    const headers = { Host: host.replace('PORT', String(port)) }
    for (const path of ['/', '/api/jobs/x', '/api/jobs/x/events'])
      expectRefusal(await raw(port, request(port, { path, headers })), [421, 400])
    expectRefusal(await post(HELLO, { headers }), [421, 400])
  })

  test('no Host, two Hosts, and an address with a host of its own', async () => {
    expectRefusal(await raw(port, request(port, { headers: { Host: undefined } })), [400, 421])
    const two = `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nHost: evil.example\r\nConnection: close\r\n\r\n`
    expectRefusal(await raw(port, two), [400, 421])
    expectRefusal(await raw(port, request(port, { path: 'http://evil.example/api/jobs/x' })), [400, 421])
    expectRefusal(await raw(port, `CONNECT evil.example:80 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`), [0, 400, 405])
  })

  test.each([
    'http://evil.example',
    'null',
    'http://127.0.0.1:1',
    'https://127.0.0.1:PORT',
    'http://localhost:PORT.evil.example',
    'file://',
  ])('an Origin of %s is refused for reads and writes', async origin => {
    const headers = { Origin: origin.replace('PORT', String(port)) }
    for (const path of ['/', '/api/jobs/x']) expectRefusal(await raw(port, request(port, { path, headers })), [403])
    expectRefusal(await post(HELLO, { headers }), [403])
    const upgrade = {
      ...headers,
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    }
    expectRefusal(await raw(port, request(port, { path: '/api/jobs/x', headers: upgrade })), [403])
  })

  test('our own origin by each of our names is served', async () => {
    for (const name of ['127.0.0.1', 'localhost', '[::1]']) {
      const headers = { Host: `${name}:${port}`, Origin: `http://${name}:${port}` }
      expect((await post(HELLO, { headers })).status).toBe(200)
    }
  })

  test('a page of another site is told from the reader’s own visit', async () => {
    for (const site of ['cross-site', 'same-site'])
      expectRefusal(await post(HELLO, { headers: { 'Sec-Fetch-Site': site } }), [403])
    expect((await raw(port, request(port, { path: '/', headers: { 'Sec-Fetch-Site': 'cross-site' } }))).status).toBe(
      200,
    )
    expect((await post(HELLO, { headers: { 'Sec-Fetch-Site': 'same-origin' } })).status).toBe(200)
  })
})

describe('what a page of another site can send without asking [75]', () => {
  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain; application/json',
    'application/json, text/plain',
    'application/jsonp',
    undefined,
  ])('a body of %s is refused', async type => {
    expectRefusal(await post(HELLO, { headers: { 'Content-Type': type } }), [415], 'Content-Type')
  })
  test('application/json with its only charset is taken', async () => {
    expect((await post(HELLO, { headers: { 'Content-Type': 'application/json; charset=utf-8' } })).status).toBe(200)
  })
  test('a preflight allows nothing', async () => {
    const headers = { Origin: 'http://evil.example', 'Access-Control-Request-Method': 'POST' }
    expectRefusal(await raw(port, request(port, { method: 'OPTIONS', headers })), [403])
    expectRefusal(await raw(port, request(port, { method: 'OPTIONS' })), [405])
  })
  test('cookies are neither read nor set', async () => {
    const answer = await post(HELLO, { headers: { Cookie: 'headwise-token=x; __proto__=y' } })
    expect([answer.status, answer.headers.has('set-cookie')]).toEqual([200, false])
  })
})

describe('bodies and headers without end [76]', () => {
  test('a stated length of 2 GB is refused before it arrives', async () => {
    const answer = await raw(
      port,
      request(port, {
        method: 'POST',
        path: '/api/tokens',
        headers: { 'Content-Type': 'application/json', 'Content-Length': '2147483648' },
      }),
    )
    expectRefusal(answer, [413], 'body')
  })
  test('a prompt of 10 MB is refused with the limit', async () => {
    const answer = await post(JSON.stringify({ params: { text: 'a'.repeat(10 * 2 ** 20) } }))
    expectRefusal(answer, [413], 'body')
    expect(answer.body).toContain('4194304')
  })
  test('a text of 2 MB is refused by its own limit', async () => {
    expectRefusal(await post(JSON.stringify({ params: { text: 'a'.repeat(2 ** 21) } })), [400], 'text')
  })
  test('chunks without end are cut off', async () => {
    const { socket, answer } = rawSocket(port)
    socket.write(
      request(port, {
        method: 'POST',
        path: '/api/tokens',
        headers: { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' },
      }),
    )
    let sent = 0
    const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`
    while (!socket.destroyed && sent < 64 * 2 ** 20) {
      if (!socket.write(chunk))
        await Promise.race([
          new Promise(r => socket.once('drain', r)),
          new Promise(r => socket.once('close', r)),
          wait(2000),
        ])
      sent += 0x10000
      if (sent % (8 * 2 ** 20) === 0) await wait(5)
    }
    const { status } = await Promise.race([answer, wait(5000).then(() => ({ status: -1 }))])
    expect([413, 0]).toContain(status)
    socket.destroy()
  })
  test('both Content-Length and Transfer-Encoding, two lengths, a length that is none', async () => {
    const headers = { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked', 'Content-Length': '3' }
    expectRefusal(await raw(port, `${request(port, { method: 'POST', path: '/api/tokens', headers })}0\r\n\r\n`), [400])
    for (const length of ['-1', '1, 2', '0x10', '1e3', '99999999999999999999'])
      expectRefusal(
        await raw(
          port,
          request(port, {
            method: 'POST',
            path: '/api/tokens',
            headers: { 'Content-Type': 'application/json', 'Content-Length': length },
          }),
        ),
        [400, 413],
      )
  })
  test('a request that is smuggled behind a refused one is not answered', async () => {
    const inner = request(port, { path: '/' })
    const outer = request(port, { method: 'POST', path: '/api/tokens', body: inner, headers: { Host: 'evil.example' } })
    const { text } = await raw(port, outer + inner)
    expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1)
  })
  test('a body on a read is refused', async () => {
    expectRefusal(await raw(port, request(port, { path: '/', body: '{}' })), [400], 'body')
  })
  test('compressed bodies are refused whatever they hold', async () => {
    const bomb = gzipSync(Buffer.alloc(10 * 2 ** 20)).toString('latin1')
    for (const encoding of ['gzip', 'br', 'gzip, gzip', 'identity, gzip'])
      expectRefusal(await postBytes(bomb, { 'Content-Encoding': encoding }), [415], 'Content-Encoding')
  })
  test('65 KB of header, 2,000 headers, an address of 10,000 characters', async () => {
    expectRefusal(await raw(port, request(port, { headers: { 'X-Long': 'a'.repeat(65_536) } })), [431])
    const many = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`a${i}`, '']))
    expectRefusal(await raw(port, request(port, { headers: many })), [431])
    expectRefusal(await raw(port, request(port, { path: `/${'a'.repeat(10_000)}` })), [400], 'url')
  })
})

describe('slow and silent clients [77]', () => {
  test('a header that never ends is cut off', async () => {
    const { socket, answer } = rawSocket(port)
    const started = performance.now()
    socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`)
    const drip = setInterval(() => socket.write('X'), 500)
    expectRefusal(await answer, [408, 0])
    clearInterval(drip)
    expect(performance.now() - started).toBeLessThan(100_000)
  })
})

test('a body that comes byte by byte is cut off, and a body that never comes [77]', async () => {
  const headers = { 'Content-Type': 'application/json', 'Content-Length': '1000' }
  const begun = [rawSocket(port), rawSocket(port)]
  for (const { socket } of begun) socket.write(request(port, { method: 'POST', path: '/api/tokens', headers }))
  const drip = setInterval(() => begun[0]!.socket.write(' '), 500)
  for (const { answer } of begun) expectRefusal(await answer, [408, 0])
  clearInterval(drip)
}, 100_000)

describe('files [78]', () => {
  test.each([
    '/..%2f..%2fpackage.json',
    '/assets/..%2f..%2fpackage.json',
    '/%2e%2e/secret.txt',
    '/../secret.txt',
    '/..\\secret.txt',
    '/%5c..%5csecret.txt',
    '//secret.txt',
    '/./index.html',
    '/index.html/',
    '/index.html%00.txt',
    '/linked.txt',
    '/%69ndex.html',
    '/.git/config',
  ])('%s leads nowhere', async path => {
    const answer = await raw(port, request(port, { path }))
    expectRefusal(answer, [404, 400])
    expect(answer.text).not.toContain('a secret')
  })
  test('the known file is served', async () => {
    expect((await raw(port, request(port, { path: '/index.html' }))).body).toContain('<title>headwise')
  })
})

describe('JSON [79, 80]', () => {
  test.each([
    ['a million levels', `{"params":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`],
    ['a million levels that are not closed', '['.repeat(1_000_000)],
    ['too many values', `{"params":{"ids":[${'1,'.repeat(1_500_000)}1]}}`],
    ['too many keys', `{"params":{${Array.from({ length: 300_000 }, (_, i) => `"k${i}":0`).join()}}}`],
    ['a key twice', '{"params":{"text":"a"},"params":{"text":"b"}}'],
    ['a cut document', '{"params":{"text":"a'],
    ['nothing', ''],
    ['a comment', '{"params":{"text":"a"} /* x */}'],
    ['a byte order mark', '\ufeff{"params":{"text":"a"}}'],
    ['NaN', '{"params":{"ids":[NaN]}}'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a number beyond all', '{"params":{"ids":[1e999]}}'],
    ['a token id of 2^53 + 1', '{"params":{"ids":[9007199254740993]}}'],
    ['half a surrogate pair', '{"params":{"text":"a\\ud800b"}}'],
    ['a text of bytes that are no UTF-8', undefined],
  ])('%s is refused', async (_, body) => {
    if (body !== undefined) return expectRefusal(await post(body), [400])
    const broken = '{"params":{"text":"\xff\xfe"}}'
    expectRefusal(await postBytes(broken), [400])
  })

  test('positions of 2^53 + 1 and beyond, and −0, are not rounded to others', async () => {
    const edited = (position: string) =>
      post(`{"params":{"ids":[1,2],"edits":[{"do":"zero","at":{"site":"z","layer":0},"positions":[${position}]}]}}`, {
        path: '/api/next',
      })
    for (const position of ['9007199254740993', '4294967296', '1e3000', '0.5', '2'])
      expectRefusal(await edited(position), [400], /edits|body/)
    const [zero, negative] = [await edited('0'), await edited('-0')]
    expect([zero.status, negative.body]).toEqual([200, zero.body])
  })

  test.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
    '%s is an unknown key at every depth',
    async key => {
      const evil = `"${key}":{"polluted":true,"toString":1}`
      const bodies = [`{${evil},"params":{"text":"a"}}`, `{"params":{"text":"a",${evil}}}`]
      for (const body of bodies) expectRefusal(await post(body), [400])
      const edit = `{"do":"zero","at":{"site":"z","layer":0,${evil}}}`
      expectRefusal(await post(`{"params":{"ids":[1],"edits":[${edit}]}}`, { path: '/api/next' }), [400], /edits/)
      expectRefusal(
        await post(`{"params":{"ids":[1],"edits":[{"do":"${key}","at":{"site":"${key}"}}]}}`, { path: '/api/next' }),
        [400],
        /edits/,
      )
      expectRefusal(await post(`{"model":"${key}","params":{}}`, { path: '/api/info' }), [400], 'model')
      expectRefusal(await post('{"params":{}}', { path: `/api/${key}` }), [404], 'verb')
      expectRefusal(await raw(port, request(port, { path: `/api/jobs/${key}` })), [404], 'job')
      expectRefusal(await raw(port, request(port, { path: `/api/jobs/x?a[${key}][x]=1` })), [400], 'query')
      expectRefusal(await raw(port, request(port, { path: '/api/jobs/x', headers: { [key]: 'x' } })), [404], 'job')
      expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    },
  )
})

describe('numbers [81]', () => {
  const generate = (params: string) => post(`{"params":{"ids":[1],${params}}}`, { path: '/api/jobs/generate' })
  test.each(['1e9', '-1', '1.5', '0', '"9"', 'null', '4097', '[]'])('maxTokens %s is refused by name', async value => {
    expectRefusal(await generate(`"maxTokens":${value}`), [400], 'maxTokens')
  })
  test.each(['-1', '"hot"', '1e39', '101'])('temperature %s is refused by name', async value => {
    expectRefusal(await generate(`"maxTokens":1,"temperature":${value}`), [400], 'temperature')
  })
  test.each(['1e6', '0', '-1'])('top %s is refused by name', async value => {
    expectRefusal(await post(`{"params":{"ids":[1],"top":${value}}}`, { path: '/api/next' }), [400], 'top')
  })
  test('an unknown option of other services is unknown here', async () => {
    for (const key of ['n', 'best_of', 'logprobs', 'stop', 'response_format', 'tools', 'image_url'])
      expectRefusal(await generate(`"maxTokens":1,"${key}":1`), [400])
  })
  test('an empty prompt and one of nothing but line ends', async () => {
    expectRefusal(await post('{"params":{"ids":[]}}', { path: '/api/next' }), [400], 'ids')
    expect((await post(JSON.stringify({ params: { text: '\n'.repeat(10_000) } }))).status).toBe(200)
    expect((await post('{"params":{"text":""}}')).status).toBe(200)
  })
})

describe('prompts as ids [82]', () => {
  test.each([
    ['[4096]', /tokens\[0\]/],
    ['[1,-1]', /ids\[1\]/],
    ['["a",1]', /ids\[0\]/],
    ['[[]]', /ids\[0\]/],
    ['"text"', /ids/],
    [`[${Array(513).fill(1)}]`, /tokens/],
    [`[${Array(70_000).fill(1)}]`, /ids/],
  ])('%.20s is refused with the parameter', async (ids, param) => {
    expectRefusal(await post(`{"params":{"ids":${ids}}}`, { path: '/api/next' }), [400], param)
  })
  test('10,000 prompts at once are refused before any is looked at', async () => {
    const prompts = JSON.stringify(Array(10_000).fill([1, 2]))
    expectRefusal(
      await post(`{"params":{"mode":"zero","on":{"prompts":${prompts}}}}`, { path: '/api/jobs/ablate' }),
      [400],
      /on/,
    )
  })
})

describe('files and models of the machine [83, 84]', () => {
  test.each([
    '/etc/passwd',
    '../../secret',
    'org/name',
    'file:///etc/passwd',
    'http://evil.example/x',
    'specimen/../specimen',
    '',
  ])('the model %s is refused', async model => {
    expectRefusal(await post(JSON.stringify({ model, params: {} }), { path: '/api/info' }), [400], /model/)
  })
  test('edits take no files', async () => {
    for (const file of ['a.safetensors', '../a.safetensors', '/etc/passwd']) {
      const edit = { do: 'set', at: { site: 'z', layer: 0 }, value: { file, tensor: 'x' } }
      expectRefusal(
        await post(JSON.stringify({ params: { ids: [1], edits: [edit] } }), { path: '/api/next' }),
        [400],
        /edits\[0\]\.value/,
      )
    }
  })
})

test('tokens, prompts and names with markup come back as JSON that no browser takes for a page [100]', async () => {
  const text = '<script>alert(1)</script>"><img onerror=x>]]>\u202e\u001b[31m'
  const { status, headers, body } = await post(JSON.stringify({ params: { text } }))
  expect([status, headers.get('content-type'), headers.get('x-content-type-options')]).toEqual([
    200,
    'application/json',
    'nosniff',
  ])
  const { tokens } = JSON.parse(body) as { tokens: { text: string }[] }
  expect(tokens.map(t => t.text).join('')).toContain('<script>')
  const refused = await post(JSON.stringify({ model: text, params: {} }), { path: '/api/info' })
  expectRefusal(refused, [400], 'model')
  expect(refused.body).not.toMatch(/[\u001b\u202e]/)
})
