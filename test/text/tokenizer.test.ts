import { describe, expect, test } from 'vitest'
import { loadTokenizer } from '../../src/text/load.ts'
import { errorOf, fromObject, healthy, healthyGguf } from './make.ts'

describe('the first token is added where the files say so', () => {
  const template = (...before: string[]) => ({
    type: 'TemplateProcessing',
    single: [...before.map(id => ({ SpecialToken: { id, type_id: 0 } })), { Sequence: { id: 'A', type_id: 0 } }],
    special_tokens: { '<|start|>': { id: '<|start|>', ids: [260], tokens: ['<|start|>'] } },
  })
  const offsets = { type: 'ByteLevel', trim_offsets: true }
  const config = (add: boolean | undefined) => ({ bos_token: { content: '<|end|>' }, add_bos_token: add })
  test.each([
    ['nothing says anything', null, {}, undefined],
    ['bos_token alone', null, { bos_token: '<|end|>' }, undefined],
    ['add_bos_token', null, config(true), 261],
    ['add_bos_token is false', null, config(false), undefined],
    ['a post-processor', template('<|start|>'), {}, 260],
    ['a post-processor goes before add_bos_token', template('<|start|>'), config(true), 260],
    ['a post-processor that adds nothing, too', template(), config(true), undefined],
    ['one that moves offsets says nothing', offsets, config(true), 261],
    ['a sequence of both', { type: 'Sequence', processors: [offsets, template('<|start|>')] }, config(false), 260],
  ])('%s', async (_, post_processor, more, first) => {
    const t = await fromObject({ ...healthy().json, post_processor }, { config: more })
    expect(t.firstToken).toBe(first)
    const plain = await t.encode('the', { first: false })
    expect(await t.encode('the')).toEqual(first === undefined ? plain : [first, ...plain])
  })
  test('add_bos_token without a token', async () => {
    const error = await errorOf(() => fromObject(healthy().json, { config: { add_bos_token: true, bos_token: '<s>' } }))
    expect(error).toMatchObject({ code: 'tokenizer-bos', where: 'tokenizer_config.json: bos_token', found: '<s>' })
  })
  test.each([
    ['llama', undefined, 1],
    ['llama', false, undefined],
    ['llama', true, 1],
    ['gpt2', undefined, undefined],
    ['gpt2', true, 1],
  ])('GGUF %s, add_bos_token %s', async (model, addBos, first) => {
    const more = model === 'gpt2' ? { model, pre: 'gpt-2', merges: [] } : { model }
    const t = await loadTokenizer({ ...healthyGguf(), ...more, ...(addBos === undefined ? {} : { addBos }) })
    expect(t.firstToken).toBe(first)
  })
})

describe('what a tokenizer says of itself', () => {
  test('end tokens, special ids, what to begin random sequences with', async () => {
    const t = await fromObject(healthy().json, { config: { eos_token: '<|end|>' } })
    expect(t.endTokens).toEqual([261])
    expect([...t.specialIds]).toEqual([260, 261])
    expect(t.bosLike).toBeUndefined()
    expect(
      (await fromObject({ ...healthy().json, added_tokens: [{ id: 260, content: '<|endoftext|>', special: true }] }))
        .bosLike,
    ).toBe(260)
  })
  test('one token as text: bytes are readable', async () => {
    const t = await fromObject(healthy().json)
    const [the, ...bytes] = await t.encode('the\u20ac \u001b', { first: false })
    expect([the ?? -1, ...bytes].map(id => t.tokenText(id))).toEqual([
      'the',
      '<0xE2>',
      '<0x82>',
      '<0xAC>',
      ' ',
      '\u001b',
    ])
    const g = await loadTokenizer(healthyGguf())
    expect((await g.encode('ab\u00e9\n')).map(id => g.tokenText(id))).toEqual(['<s>', ' ab', '<0xC3>', '<0xA9>', '\n'])
  })
  test('the hash is that of what decides ids', async () => {
    const hashOf = async (change: (t: ReturnType<typeof healthy>) => void): Promise<string> => {
      const base = healthy()
      change(base)
      return (await fromObject(base.json, { chatTemplate: 'x' })).hash
    }
    const plain = (await fromObject(healthy().json, { file: 'other.json' })).hash
    expect(await hashOf(() => {})).toBe(plain)
    expect(await hashOf(t => t.merges.reverse())).not.toBe(plain)
    expect(await hashOf(t => Object.assign(t.vocab, { zzz: 262 }))).not.toBe(plain)
    expect(await hashOf(t => Object.assign(t.json, { normalizer: { type: 'NFC' } }))).not.toBe(plain)
  })
  test('an interrupt ends encoding', async () => {
    const t = await fromObject(healthy().json)
    const error = await errorOf(() => t.encode('the', { signal: AbortSignal.abort() }))
    expect(error).toMatchObject({ code: 'interrupted', fault: 'interrupted' })
  })
  test('streamed text holds an unfinished character back', async () => {
    const t = await fromObject(healthy().json)
    const stream = t.decodeStream()
    const ids = await t.encode('a\u20acb', { first: false })
    expect(ids.map(id => stream.push(id))).toEqual(['a', '', '', '\u20ac', 'b'])
    expect([stream.push(ids[1] as number), stream.flush()]).toEqual(['', '\ufffd'])
  })
})
