import '../support/cache.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Headwise } from '../../src/library/headwise.ts'
import { load } from '../../src/library/load.ts'
import { Service } from '../../src/service/service.ts'
import type { SyntaxResult } from '../../src/service/verbs.ts'
import { refusal } from '../support/refusal.ts'

let m: Headwise
let service: Service
beforeAll(async () => {
  m = await load('specimen', { threads: 2 })
  service = new Service(m, { name: 'specimen', specimen: true, notice: '', version: '0', budget: 2 ** 30 })
})
afterAll(() => m[Symbol.asyncDispose]())

const text = 'Ben lost the key'
const parse = ['Ben:2:nsubj', 'lost:0:root', 'the:4:det', 'key:2:obj']

test('the verb says what the library says', async () => {
  const { grids } = (await service.call('syntax', { text, parse, relations: ['obj'] })) as SyntaxResult
  const words = [
    { form: 'Ben', head: 2, relation: 'nsubj' },
    { form: 'lost', head: 0, relation: 'root' },
    { form: 'the', head: 4, relation: 'det' },
    { form: 'key', head: 2, relation: 'obj' },
  ]
  expect(grids).toEqual(await m.syntax({ text, parse: words }, { relations: ['obj'] }))
  expect(grids[0]).toMatchObject({ n: 1 })
})

test('what is no parse, or one of another text, is refused in a sentence', async () => {
  const call = (params: object) => refusal(() => service.call('syntax', params))
  expect((await call({ text, parse: ['Ben'] })).code).toBe('parse-words')
  expect((await call({ text, parse: [] })).code).toMatch(/^params/)
  expect((await call({ text: 'Ben found a key', parse })).message).toContain('word 2 is “lost”')
})
