import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RequestHead, refusalOf } from '../../src/server/guard.ts'
import type { Serving } from '../../src/server/server.ts'
import { httpClient } from '../../src/service/http.ts'
import { raw, request, start } from './support.ts'

let server: Serving
beforeAll(async () => {
  server = await start({ host: '0.0.0.0' })
})
afterAll(() => server[Symbol.asyncDispose]())

test('beyond its own machine the server answers only who has the token', async () => {
  const { port, token } = server
  const base = `http://127.0.0.1:${port}/`
  expect(server.url).toBe(`http://0.0.0.0:${port}/?token=${token}`)
  expect(token).toMatch(/^[\w-]{32}$/)
  for (const wrong of [undefined, '', 'x', `${token}x`, token!.slice(1)])
    await expect(
      httpClient({ base, ...(wrong !== undefined && { token: wrong }) }).call('info', {}),
    ).rejects.toMatchObject({ code: 'token' })
  expect((await httpClient({ base, token: token! }).call('info', {})).model).toBe('specimen')
  // The page itself holds nothing secret.
  expect((await raw(port, request(port, { path: '/' }))).status).toBe(200)
})

test('names that somebody could point here are refused with the token, too', async () => {
  const { port, token } = server
  for (const host of ['evil.example', `evil.example:${port}`, `0.0.0.0:${port}`]) {
    const headers = { Host: host, Authorization: `Bearer ${token}` }
    expect((await raw(port, request(port, { headers }))).status).toBe(421)
  }
})

test('the address of the interface that the connection came to is one of its names', () => {
  const head = (host: string, localAddress: string, token?: string): RequestHead => ({
    method: 'GET',
    url: '/api/jobs/x',
    rawHeaders: ['Host', host, ...(token ? ['Authorization', `Bearer ${token}`] : [])],
    localAddress,
  })
  const rules = { port: 8017, host: '0.0.0.0', token: 'secret' }
  expect(refusalOf(head('192.168.1.5:8017', '192.168.1.5', 'secret'), rules)).toBeUndefined()
  expect(refusalOf(head('192.168.1.5:8017', '::ffff:192.168.1.5', 'secret'), rules)).toBeUndefined()
  expect(refusalOf(head('[fe80::1]:8017', 'fe80::1', 'secret'), rules)).toBeUndefined()
  expect(refusalOf(head('192.168.1.6:8017', '192.168.1.5', 'secret'), rules)).toMatchObject({ status: 421 })
  expect(refusalOf(head('192.168.1.5:8017', '192.168.1.5'), rules)).toMatchObject({ status: 401 })
  expect(
    refusalOf(head('192.168.1.5:8017', '192.168.1.5'), { ...rules, token: undefined, host: '127.0.0.1' }),
  ).toBeUndefined()
})
