import { describe, expect, test } from 'vitest'
import { loadTokenizer } from '../../src/text/load.ts'
import type { GgufSource } from '../../src/text/source.ts'
import { errorOf, fromObject, healthy, healthyGguf } from './make.ts'

/** Numbers are those of the project's list of malformed inputs. Each fault stands beside a twin without it. */
interface Expected {
  readonly code: string
  readonly where: string
  readonly found: unknown
}
type Change = (t: ReturnType<typeof healthy>) => unknown

const change = async (make: Change): Promise<unknown> => {
  const base = healthy()
  return fromObject(make(base) ?? base.json)
}
const put =
  (key: string, value: unknown): Change =>
  t =>
    void Object.assign(t.json, { [key]: value })
const model =
  (key: string, value: unknown): Change =>
  t =>
    void Object.assign(t.json.model, { [key]: value })
const step = (type: string, more: object = {}) => ({ type, ...more })
const nest = (key: string, depth: number): unknown =>
  Array.from({ length: depth }).reduce<unknown>(inner => ({ type: 'Sequence', [key]: [inner] }), step('NFC'))

function cases(rows: readonly (readonly [string, Change, Expected, Change])[]): void {
  test.each(rows)('%s', async (_, broken, expected, twin) => {
    const error = await errorOf(() => change(broken))
    expect(error).toMatchObject({ ...expected, file: 't.json', fault: 'data' })
    expect(error.message).toContain('t.json')
    expect(error.message).not.toMatch(/[\n\u001b]/)
    await expect(change(twin)).resolves.toBeDefined()
  })
}
const asIs: Change = () => undefined

describe('40: not a tokenizer', () => {
  test.each([
    ['not JSON', 'not json', 'json-syntax'],
    ['null', 'null', 'tokenizer-field'],
    ['cut in the middle', JSON.stringify(healthy().json).slice(0, 2000), 'json-syntax'],
    ['invalid UTF-8', Uint8Array.of(0x7b, 0xff), 'json-encoding'],
  ])('%s', async (_, json, code) => {
    const error = await errorOf(() => loadTokenizer({ kind: 'json', file: 't.json', json }))
    expect(error).toMatchObject({ code, file: 't.json' })
    const whole = new TextEncoder().encode(JSON.stringify(healthy().json))
    await expect(loadTokenizer({ kind: 'json', file: 't.json', json: whole })).resolves.toBeDefined()
  })
  test('larger than 256 MB', async () => {
    const json = ' '.repeat(256 * 2 ** 20 + 1)
    const error = await errorOf(() => loadTokenizer({ kind: 'json', file: 't.json', json }))
    expect(error).toMatchObject({ code: 'json-size', found: json.length })
  })
  cases([
    ['no model', () => ({ added_tokens: [] }), { code: 'tokenizer-field', where: 'model', found: 'nothing' }, asIs],
    [
      'an unknown type of model',
      model('type', 'constructor'),
      { code: 'tokenizer-model', where: 'model.type', found: '"constructor"' },
      t => void Reflect.deleteProperty(t.json.model, 'type'),
    ],
    [
      'random merges',
      model('dropout', 0.1),
      { code: 'tokenizer-field', where: 'model.dropout', found: '0.1' },
      model('dropout', null),
    ],
  ])
})

describe('41: merges', () => {
  const merges =
    (entry: unknown): Change =>
    t =>
      void t.merges.push(entry)
  const fault = (found: unknown, code = 'tokenizer-merge-parts') => ({ code, where: 'model.merges[4]', found })
  cases([
    ['a part that is no token', merges(['the', '!!']), fault('the!!', 'tokenizer-merge-token'), merges('t h')],
    ['a product that is no token', merges(['h', 'e']), fault('he', 'tokenizer-merge-token'), merges(['th', 'e'])],
    ['one part', merges(['t']), fault('["t"]'), merges('t h')],
    ['one part, written as a text', merges('th'), fault('"th"'), merges('t h')],
    ['three parts', merges('t h e'), fault('"t h e"'), merges('t h')],
    ['numbers', merges([1, 2]), fault('[1, 2]'), merges(['t', 'h'])],
    ['not a list', model('merges', {}), { code: 'tokenizer-field', where: 'model.merges', found: 'an object' }, asIs],
  ])
  test('twenty million merges', async () => {
    const merges = new Array<string>(20_000_000).fill('a a')
    const source: GgufSource = {
      kind: 'gguf',
      file: 't.gguf',
      model: 'gpt2',
      pre: 'gpt-2',
      tokens: ['a', 'aa'],
      merges,
    }
    const error = await errorOf(() => loadTokenizer(source))
    expect(error).toMatchObject({ code: 'tokenizer-merges-count', where: 'tokenizer.ggml.merges', found: 20_000_000 })
    await expect(loadTokenizer({ ...source, merges: ['a a'] })).resolves.toBeDefined()
  })
})

describe('42: ids', () => {
  const id =
    (value: unknown): Change =>
    t =>
      void Object.assign(t.vocab, { zzz: value })
  const range = (found: unknown, code = 'tokenizer-id') => ({ code, where: 'model.vocab', found })
  cases([
    ['an id twice', id(3), range(3, 'tokenizer-id-repeated'), id(262)],
    ['-1', id(-1), range(-1), id(262)],
    ['1.5', id(1.5), range(1.5), id(262)],
    ['a text', id('7'), range('"7"'), id(262)],
    ['1e10', id(1e10), range(1e10, 'tokenizer-id-range'), id(262)],
  ])
  test('beyond the rows of the embedding', async () => {
    const error = await errorOf(() => fromObject(healthy().json, { embeddingRows: 261 }))
    expect(error).toMatchObject({ code: 'tokenizer-id-range', where: 'added_tokens[1].id', found: 261 })
    await expect(fromObject(healthy().json, { embeddingRows: 262 })).resolves.toBeDefined()
  })
  test('names of built-in properties keep their own ids', async () => {
    const base = healthy()
    const text = JSON.stringify(base.json).replace('"vocab":{', '"vocab":{"__proto__":262,"constructor":263,')
    const t = await loadTokenizer({ kind: 'json', file: 't.json', json: text })
    expect([t.decode([262]), t.decode([263])]).toEqual(['__proto__', 'constructor'])
    expect(({} as Record<string, unknown>).zzz).toBeUndefined()
  })
})

describe('43: patterns that never end', () => {
  const split = (Regex: string) => step('Split', { pattern: { Regex }, behavior: 'Isolated', invert: false })
  test.each([
    ['pre_tokenizer', split('(a+)+$'), `${'a'.repeat(40)}b`, split('a+$')],
    [
      'normalizer',
      step('Replace', { pattern: { Regex: '(a|a)*c' }, content: '' }),
      'a'.repeat(40),
      step('Replace', { pattern: { Regex: 'a*c' }, content: '' }),
    ],
  ])('%s', async (key, bad, text, good) => {
    const make = (value: unknown) => fromObject({ ...healthy().json, [key]: value })
    const began = performance.now()
    const error = await errorOf(async () => (await make(bad)).encode(text))
    expect(error).toMatchObject({ code: 'tokenizer-pattern-stopped', where: 'text' })
    expect(error.message).toContain('more than 1000 ms')
    expect(performance.now() - began).toBeLessThan(10_000)
    expect(await (await make(good)).encode('aab')).not.toHaveLength(0)
  })
})

test('43: many slow searches of one text share the time limit', async () => {
  const split = step('Split', { pattern: { Regex: '(a+)+$' }, behavior: 'Isolated', invert: false })
  const t = await fromObject({ ...healthy().json, pre_tokenizer: split })
  const slow = `${'a'.repeat(24)}b<|end|>`
  expect(await t.encode(slow)).toContain(261)
  const began = performance.now()
  expect(await errorOf(() => t.encode(slow.repeat(1000)))).toMatchObject({ code: 'tokenizer-pattern-stopped' })
  expect(performance.now() - began).toBeLessThan(10_000)
})

describe('44: patterns that JavaScript lacks', () => {
  const split = (Regex: string): Change =>
    put('pre_tokenizer', step('Split', { pattern: { Regex }, behavior: 'Isolated' }))
  const fault = (found: string) => ({ code: 'tokenizer-pattern', where: 'pre_tokenizer.pattern', found })
  cases([
    ['an unclosed group', split('(a'), fault('(a'), split('(a)')],
    ['a word boundary', split('\\bx'), fault('\\bx'), split('\\Ax')],
    ['a megabyte', split('a'.repeat(1e6)), fault(`${'a'.repeat(200)}…`), split('a++')],
    ['a flag', split('(?x)a'), fault('(?x)a'), split('(?>a)')],
  ])
})

describe('45: steps', () => {
  const deep = (key: string, list: string, depth: number): Change => put(key, nest(list, depth))
  const nesting = { code: 'json-depth', where: 'nesting' }
  test.each([
    ['normalizer', 'normalizers'],
    ['pre_tokenizer', 'pretokenizers'],
    ['post_processor', 'processors'],
    ['decoder', 'decoders'],
  ])('%s nested', async (key, list) => {
    const json = `{"${key}":${`{"type":"Sequence","${list}":[`.repeat(5000)}${']}'.repeat(5000)},"model":{}}`
    expect(await errorOf(() => loadTokenizer({ kind: 'json', file: 't.json', json }))).toMatchObject(nesting)
    const at = await errorOf(() => change(deep(key, list, 20)))
    expect(at).toMatchObject({ code: 'tokenizer-nesting', file: 't.json' })
  })
  test('a million levels', async () => {
    const open = '{"type":"Sequence","normalizers":['.repeat(1e6)
    const json = `{"normalizer":${open}${']}'.repeat(1e6)},"model":{}}`
    expect(await errorOf(() => loadTokenizer({ kind: 'json', file: 't.json', json }))).toMatchObject(nesting)
  })
  cases([
    ...(['normalizer', 'pre_tokenizer', 'post_processor', 'decoder'] as const).map(
      key =>
        [
          `an unknown ${key}`,
          put(key, step('constructor')),
          { code: 'tokenizer-step', where: `${key}.type`, found: '"constructor"' },
          put(key, step('Sequence')),
        ] as const,
    ),
    [
      'a list where a step belongs',
      put('normalizer', []),
      { code: 'tokenizer-field', where: 'normalizer', found: '[]' },
      deep('normalizer', 'normalizers', 3),
    ],
  ])
})

describe('46: long texts', () => {
  test.each(['a', '^', ' '])('a million times %j', async c => {
    const t = await fromObject(healthy().json)
    const began = performance.now()
    const ids = await t.encode(c.repeat(1e6))
    expect(performance.now() - began).toBeLessThan(20_000)
    expect(t.decode(ids)).toBe(c.repeat(1e6))
  })
  test.each(['NFC', 'NFKC'])('a megabyte of combining marks under %s', async type => {
    const t = await fromObject({ ...healthy().json, normalizer: step(type) })
    const error = await errorOf(() => t.encode(`a${'\u0315\u0300'.repeat(250_000)}`))
    expect(error).toMatchObject({ code: 'text-combining-marks', where: 'text[1]', allowed: 1024 })
    expect(t.decode(await t.encode(`a${'\u0315\u0300'.repeat(300)}`))).toMatch(/^\u00e0/)
  })
  test('a normalizer that makes texts grow', async () => {
    const normalizer = (content: string) => step('Replace', { pattern: { String: 'a' }, content })
    const t = await fromObject({ ...healthy().json, normalizer: normalizer('b'.repeat(100_000)) })
    expect(await errorOf(() => t.encode('a'.repeat(1000)))).toMatchObject({
      code: 'tokenizer-normalizer-growth',
      where: 'normalizer',
      found: 1e8,
    })
    const fine = await fromObject({ ...healthy().json, normalizer: normalizer('bb') })
    expect(fine.decode(await fine.encode('aa'))).toBe('bbbb')
  })
})

describe('47: characters without a token', () => {
  test('byte_fallback with a byte missing and no unknown token', async () => {
    const { vocab } = healthy()
    const bytes = Object.fromEntries(
      Array.from({ length: 256 }, (_, b) => [`<0x${b.toString(16).toUpperCase().padStart(2, '0')}>`, 1000 + b]),
    )
    const make = (some: object) =>
      fromObject({
        ...healthy().json,
        model: { type: 'BPE', vocab: { ...vocab, ...some }, merges: [], byte_fallback: true },
      })
    const { '<0x80>': _, ...some } = bytes
    expect(await errorOf(() => make(some))).toMatchObject({
      code: 'tokenizer-bytes',
      where: 'model.byte_fallback',
      found: '<0x80>',
    })
    await expect(make(bytes)).resolves.toBeDefined()
  })
  test('a character that would vanish', async () => {
    const base = healthy()
    delete base.vocab['!']
    const t = await fromObject(base.json)
    expect(await errorOf(() => t.encode('the!'))).toMatchObject({
      code: 'tokenizer-character',
      where: 'text',
      found: '!',
    })
    expect(t.decode(await t.encode('the'))).toBe('the')
  })
  test.each([Number.NaN, Number.POSITIVE_INFINITY])('a score of %s', async score => {
    const bad = healthyGguf()
    bad.scores[5] = score
    expect(await errorOf(() => loadTokenizer(bad))).toMatchObject({
      code: 'tokenizer-scores',
      where: 'tokenizer.ggml.scores[5]',
      found: score,
    })
    await expect(loadTokenizer(healthyGguf())).resolves.toBeDefined()
  })
  test('an unknown token out of range', async () => {
    expect(await errorOf(() => loadTokenizer({ ...healthyGguf(), unk: 999 }))).toMatchObject({
      code: 'tokenizer-id-range',
      where: 'tokenizer.ggml.unknown_token_id',
      found: 999,
    })
  })
})

describe('38 (text): GGUF fields that do not fit together', () => {
  const rows: readonly (readonly [string, Partial<GgufSource>, Expected])[] = [
    ['scores', { scores: [1, 2] }, { code: 'tokenizer-length', where: 'tokenizer.ggml.scores', found: '2 long' }],
    ['types', { types: [1] }, { code: 'tokenizer-length', where: 'tokenizer.ggml.token_type', found: '1 long' }],
    ['rows', { embeddingRows: 263 }, { code: 'tokenizer-id-range', where: 'tokenizer.ggml.tokens', found: 263 }],
    ['bos', { bos: 264 }, { code: 'tokenizer-id-range', where: 'tokenizer.ggml.bos_token_id', found: 264 }],
    ['model', { model: 'bert' }, { code: 'tokenizer-model', where: 'tokenizer.ggml.model', found: 'bert' }],
    [
      'pre',
      { model: 'gpt2', pre: '__proto__', merges: [] },
      { code: 'tokenizer-pre', where: 'tokenizer.ggml.pre', found: '__proto__' },
    ],
    ['no pre', { model: 'gpt2', merges: [] }, { code: 'tokenizer-pre', where: 'tokenizer.ggml.pre', found: undefined }],
    [
      'no merges',
      { model: 'gpt2', pre: 'smollm' },
      { code: 'tokenizer-merges', where: 'tokenizer.ggml.merges', found: undefined },
    ],
  ]
  test.each(rows)('%s', async (_, fault, expected) => {
    expect(await errorOf(() => loadTokenizer({ ...healthyGguf(), ...fault }))).toMatchObject({
      ...expected,
      file: 't.gguf',
    })
    const t = await loadTokenizer({ ...healthyGguf(), embeddingRows: 264 })
    expect(await t.encode('ab \u00e9')).toEqual([1, 263, 261, 3 + 0xc3, 3 + 0xa9])
  })
})

describe('48: added tokens and post-processors', () => {
  const added =
    (token: object): Change =>
    t =>
      void t.json.added_tokens.push({ id: 262, content: 'x.*', special: true, ...token })
  const fault = (code: string, key: string, found: unknown) => ({ code, where: `added_tokens[2].${key}`, found })
  const template = (id: string, ids: unknown[]): Change =>
    put(
      'post_processor',
      step('TemplateProcessing', {
        single: [{ SpecialToken: { id, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
        special_tokens: { '<|start|>': { id: '<|start|>', ids, tokens: ['<|start|>'] } },
      }),
    )
  cases([
    ['empty content', added({ content: '' }), fault('tokenizer-added-empty', 'content', '""'), added({})],
    ['an id that another token has', added({ id: 5 }), fault('tokenizer-id-repeated', 'id', 5), added({})],
    ['a second id for a token', added({ content: '<|end|>' }), fault('tokenizer-id-repeated', 'id', 262), added({})],
    [
      'a long content',
      added({ content: 'x'.repeat(300) }),
      fault('tokenizer-added-length', 'content', '"300 characters"'),
      added({ content: 'x'.repeat(256) }),
    ],
    [
      'a post-processor with an unknown token',
      template('<nope>', [260]),
      { code: 'tokenizer-special', where: 'post_processor.special_tokens.<nope>', found: 'nothing' },
      template('<|start|>', [260]),
    ],
    [
      'a post-processor with an id beyond the vocabulary',
      template('<|start|>', [999]),
      { code: 'tokenizer-special', where: 'post_processor.special_tokens.<|start|>', found: 'an object' },
      template('<|start|>', [260]),
    ],
  ])
  test('a million of them', async () => {
    const base = healthy()
    base.json.added_tokens = Array.from({ length: 1e6 }, (_, i) => ({ id: 1000 + i, content: `<${i}>` }))
    expect(await errorOf(() => fromObject(base.json))).toMatchObject({
      code: 'tokenizer-added-count',
      where: 'added_tokens',
    })
  })
  test('the characters of a pattern mean themselves', async () => {
    const base = healthy()
    base.json.added_tokens.push({ id: 262, content: 'x.*', special: true })
    const t = await fromObject(base.json)
    expect(await t.encode('xyz')).not.toContain(262)
    expect(await t.encode('x.*')).toEqual([262])
  })
})

describe('49: texts and ids', () => {
  test('half a character', async () => {
    const t = await fromObject(healthy().json)
    expect(await errorOf(() => t.encode('ab\ud800c'))).toMatchObject({
      code: 'text-surrogate',
      where: 'text[2]',
      found: 'U+D800',
    })
    expect(t.decode(await t.encode('ab\u0000\ud83d\ude42'))).toBe('ab\u0000\ud83d\ude42')
  })
  test.each([-1, 1.5, 1e20, Number.NaN, 262])('the id %s', async id => {
    const t = await fromObject(healthy().json)
    const error = await errorOf(async () => t.decode([1, id]))
    expect(error).toMatchObject({ code: 'token-id', where: 'ids[1]', found: id, allowed: '0 to 261' })
    expect(t.decode([1, 261])).toContain('<|end|>')
  })
})
