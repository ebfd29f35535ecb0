import { expect, test } from 'vitest'
import { readGguf } from '../../src/checkpoint/gguf.ts'
import { openModel } from '../../src/checkpoint/reference.ts'
import { faultOf } from './fault.ts'
import { type Bytes, type Entry, f32s, gguf, TYPE, texts, u32, u32s } from './make-gguf.ts'
import { changed, llamaGguf } from './make-llama.ts'
import { Scratch } from './scratch.ts'

const tokens = (n: number) => texts('tokenizer.ggml.tokens', Array(n).fill('x'))
const T = 'tokenizer.ggml.'

const cases: { title: string; entry: Entry; twin: Entry; where: string; found: unknown; code?: string }[] = [
  {
    title: 'fewer tokens than rows of the embedding',
    entry: tokens(15),
    twin: tokens(16),
    where: 'token_embd.weight',
    found: 16,
  },
  {
    title: 'fewer scores',
    entry: f32s(`${T}scores`, [1, 2]),
    twin: f32s(`${T}scores`, Array(16).fill(0)),
    where: `${T}scores`,
    found: 2,
  },
  {
    title: 'more types',
    entry: u32s(`${T}token_type`, Array(17).fill(1)),
    twin: u32s(`${T}token_type`, Array(16).fill(1)),
    where: `${T}token_type`,
    found: 17,
  },
  {
    title: 'tokens that are numbers',
    entry: u32s(`${T}tokens`, Array(16).fill(1)),
    twin: tokens(16),
    where: `${T}tokens`,
    found: '',
  },
  {
    title: 'a beginning beyond the vocabulary',
    entry: u32(`${T}bos_token_id`, 16),
    twin: u32(`${T}bos_token_id`, 15),
    where: `${T}bos_token_id`,
    found: 16,
    code: 'gguf-token-id',
  },
  {
    title: 'an end beyond the vocabulary',
    entry: u32(`${T}eos_token_id`, 0xffff_ffff),
    twin: u32(`${T}padding_token_id`, 0xffff_ffff),
    where: `${T}eos_token_id`,
    found: 0xffff_ffff,
    code: 'gguf-token-id',
  },
]

test.each(cases)('item 38: $title', async ({ entry, twin, where, found, code = 'gguf-vocabulary' }) => {
  using scratch = new Scratch()
  const open = (name: string, e: Entry) => openModel(scratch.write(name, llamaGguf(changed({ [String(e[0])]: e }))))
  const fault = await faultOf(() => open('m.gguf', entry))
  expect(fault).toMatchObject({ code, where, file: scratch.path('m.gguf') })
  if (found !== '') expect(fault.found).toBe(found)
  expect((await open('twin.gguf', twin)).format).toBe('gguf')
})

test('item 38: a token of 2^31 bytes', async () => {
  using scratch = new Scratch()
  const token = (length: number): Entry => [
    `${T}tokens`,
    (to: Bytes) => to.u32(TYPE.ARRAY).u32(TYPE.STRING).size(1).size(length).raw('abc'),
  ]
  const fault = await faultOf(() => readGguf(scratch.write('m.gguf', gguf({ entries: [token(2 ** 31)] }))))
  expect(fault).toMatchObject({ code: 'gguf-count', found: 2n ** 31n })
  expect((await readGguf(scratch.write('twin.gguf', gguf({ entries: [token(3)] })))).metadata.size).toBe(1)
})
