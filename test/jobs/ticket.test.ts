import { expect, test } from 'vitest'
import { queueAddress, queueServer } from '../../src/jobs/bullmq.ts'
import { packRows, queueOf, readTicket, ticketId, ticketText, unpackRows } from '../../src/jobs/ticket.ts'
import { refusal } from '../support/refusal.ts'
import { fakeRows, fakeSpec } from './specs.ts'

const spec = fakeSpec()
const model = { hash: 'a'.repeat(64), version: '1.2.3' }

test('a spec travels whole, and rows come back bit for bit', () => {
  expect(readTicket({ spec: ticketText(spec), part: 3 }, model)).toEqual(spec)
  expect(unpackRows(packRows(fakeRows(3), spec, 3), spec, 3)).toEqual(fakeRows(3))
})

test('tickets are told apart by spec, version and part, queues by model', () => {
  const ids = [
    ticketId(spec, 0),
    ticketId(spec, 1),
    ticketId(fakeSpec({ seed: 1 }), 0),
    ticketId(fakeSpec({ version: '2' }), 0),
  ]
  expect(new Set(ids).size).toBe(4)
  expect([...ids, queueOf(model.hash)].join()).not.toContain(':')
  expect(queueOf(model.hash)).not.toBe(queueOf('b'.repeat(64)))
})

test('rows of another part, and what is no answer, are refused', async () => {
  const text = packRows(fakeRows(3), spec, 3)
  for (const [answer, part] of [
    [text, 4],
    ['', 3],
    ['nonsense', 3],
    [text.slice(0, 400), 3],
  ] as const)
    expect(await refusal(() => unpackRows(answer, spec, part))).toMatchObject({ fault: 'data' })
})

test('a worker refuses a changed spec, another model, another version, and what is no spec', async () => {
  const text = ticketText(spec)
  const cases: [string, Partial<typeof model>, object][] = [
    [text.replace('"seed":0', '"seed":5'), {}, { code: 'ticket-differs', where: 'spec.hash' }],
    [text, { hash: 'b'.repeat(64) }, { code: 'ticket-differs', where: 'spec.check.modelHash' }],
    [text, { version: '1.2.4' }, { code: 'ticket-differs', where: 'spec.check.version' }],
    [text.replace('"seed":0', '"seed":"0"'), {}, { code: 'ticket-type' }],
    [text.slice(0, 90), {}, { code: 'json-syntax' }],
    ['['.repeat(10_000), {}, { code: 'json-depth' }],
  ]
  for (const [sent, changes, meets] of cases)
    expect(await refusal(() => readTicket({ spec: sent, part: 0 }, { ...model, ...changes }))).toMatchObject(meets)
})

test('values from files do not travel', async () => {
  const error = await refusal(() => ticketText(fakeSpec({ files: { 'v.safetensors': 'e'.repeat(64) } })))
  expect(error).toMatchObject({ code: 'queue-files', fault: 'usage', found: 'v.safetensors' })
})

test('an address is Redis’s or PostgreSQL’s; its password is never told', async () => {
  for (const good of ['redis://h', 'rediss://u:p@h:1/2', 'postgres://u:p@h/db', 'postgresql://h'])
    expect(queueAddress(good).href).toContain('h')
  for (const wrong of ['', 'localhost:6379', 'http://h', 'redis:', 'mysql://u:secret@h/db']) {
    const error = await refusal(() => queueAddress(wrong))
    expect(error).toMatchObject({ code: 'queue-address', fault: 'usage', where: '--queue' })
    expect(error.message).not.toContain('secret')
  }
  const error = await refusal(() => queueServer('postgres://u:secret@127.0.0.1:1/db'))
  expect(error).toMatchObject({ code: 'queue-unreachable', fault: 'failed' })
  expect(error.message).toContain('postgres://127.0.0.1:1/db')
  expect(error.message).not.toContain('secret')
})
