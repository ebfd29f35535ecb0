import { describe, expect, test } from 'vitest'
import { isObject, type JsonValue, parseStrictJson } from '../../src/checkpoint/strict-json.ts'
import { faultOf } from './fault.ts'

const file = 'config.json'
const parse = (text: string | Uint8Array, limits = {}) => parseStrictJson(text, { file, ...limits })

const cases: {
  title: string
  text: string | Uint8Array
  twin: string | Uint8Array
  code: string
  where?: string
  found: unknown
}[] = [
  {
    title: 'an empty text',
    text: '',
    twin: '{}',
    code: 'json-syntax',
    where: 'character 0',
    found: 'the end of the text',
  },
  {
    title: 'a cut text',
    text: '{"a": [1,',
    twin: '{"a": [1]}',
    code: 'json-syntax',
    where: 'character 9',
    found: 'the end of the text',
  },
  {
    title: 'a comment',
    text: '{"a": 1 // one\n}',
    twin: '{"a": 1 }',
    code: 'json-syntax',
    where: 'character 8',
    found: '// one\n}',
  },
  { title: 'NaN', text: '{"a": NaN}', twin: '{"a": 0}', code: 'json-syntax', where: 'character 6', found: 'NaN}' },
  {
    title: 'a byte order mark',
    text: Buffer.from('\ufeff{}'),
    twin: Buffer.from('{}'),
    code: 'json-syntax',
    where: 'character 0',
    found: '\ufeff{}',
  },
  {
    title: 'UTF-16',
    text: Buffer.from('\ufeff{}', 'utf16le'),
    twin: Buffer.from('{}'),
    code: 'json-encoding',
    found: 'ff fe 7b 00',
  },
  {
    title: 'a byte that is not UTF-8',
    text: Buffer.from('{"\xff":1}', 'latin1'),
    twin: Buffer.from('{"ÿ":1}'),
    code: 'json-encoding',
    found: '7b 22 ff 22',
  },
  {
    title: 'a key twice',
    text: '{"a": 1, "b": {"a": 2}, "a": 3}',
    twin: '{"a": 1, "b": {"a": 2}, "c": 3}',
    code: 'json-duplicate-key',
    where: 'a',
    found: 'twice',
  },
  {
    title: 'a key twice, once escaped',
    text: '{"b": {"x": {}, "\\u0078": {"y": 1}}}',
    twin: '{"b": {"x": {}, "\\u0079": {"y": 1}}}',
    code: 'json-duplicate-key',
    where: 'x',
    found: 'twice',
  },
  {
    title: '__proto__ twice',
    text: '{"__proto__": 1, "__proto__": 2}',
    twin: '{"__proto__": 1}',
    code: 'json-duplicate-key',
    where: '__proto__',
    found: 'twice',
  },
  {
    title: 'arrays 101 deep',
    text: '['.repeat(101) + ']'.repeat(101),
    twin: '['.repeat(100) + ']'.repeat(100),
    code: 'json-depth',
    where: 'nesting',
    found: 101,
  },
]

describe('strict JSON refuses', () => {
  test.each(cases)('$title', async ({ text, twin, code, where, found }) => {
    expect(await faultOf(() => parse(text))).toMatchObject({ code, where, found, file, fault: 'data' })
    expect(() => parse(twin)).not.toThrow()
  })

  test('what is longer, deeper or richer than its limits, whose value it names', async () => {
    const text = '{"a": [{"b": 1}, 2, 3]}'
    expect(parse(text, { maxBytes: text.length, maxDepth: 3, maxNodes: 5 })).toEqual({ a: [{ b: 1 }, 2, 3] })
    expect(await faultOf(() => parse(text, { maxBytes: text.length - 1 }))).toMatchObject({
      code: 'json-size',
      allowed: text.length - 1,
    })
    expect(await faultOf(() => parse(text, { maxDepth: 2 }))).toMatchObject({
      code: 'json-depth',
      found: 3,
      allowed: 2,
    })
    expect(await faultOf(() => parse(text, { maxNodes: 4 }))).toMatchObject({
      code: 'json-nodes',
      found: 5,
      allowed: 4,
    })
  })

  test('nesting of a million levels without a stack overflow', async () => {
    const bomb = '{"a":'.repeat(1_000_000)
    expect(await faultOf(() => parse(bomb))).toMatchObject({ code: 'json-depth', found: 1_000_000 })
  })
})

test('brackets, colons and quotes inside strings are text', () => {
  const value = { 'a:{[': ':"\\', 'b"': ['{', ']', '\\"'], c: '\\' }
  expect(parse(JSON.stringify(value))).toEqual(value)
  expect(parse(`{"a" \t\r\n: {"a": [ {"a":1} , {"a":2} ]}}`)).toEqual({ a: { a: [{ a: 1 }, { a: 2 }] } })
})

test('objects have no prototype: a name from a file finds only what the file holds', () => {
  const value = parse('{"a": {"__proto__": 5}, "list": [{"b": {}}]}')
  const walk = (v: JsonValue): void => {
    if (Array.isArray(v)) v.forEach(walk)
    else if (isObject(v)) {
      expect(Object.getPrototypeOf(v)).toBeNull()
      expect(v.constructor).toBeUndefined()
      Object.values(v).forEach(walk)
    }
  }
  walk(value)
  expect(isObject(value) && isObject(value.a) && Object.entries(value.a)).toEqual([['__proto__', 5]])
})
