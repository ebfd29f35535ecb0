import { describe, expect, test } from 'vitest'
import { editSchema, editsSchema, positionsSchema, valueSchema } from '../../src/words/edit.ts'
import { SITES, siteNames } from '../../src/words/site.ts'

const at = { site: 'scores', layer: 0 }
const accepts = (schema: { safeParse(x: unknown): { success: boolean } }, value: unknown) =>
  schema.safeParse(value).success

test('every site can be addressed, and nothing else', () => {
  for (const site of siteNames) {
    const { perLayer } = SITES[site]
    expect(accepts(editSchema, { do: 'zero', at: { site } })).toBe(!perLayer)
    expect(accepts(editSchema, { do: 'zero', at: { site, layer: 0 } })).toBe(true)
    expect(accepts(editSchema, { do: 'zero', at: { site, layer: 3 } })).toBe(perLayer)
  }
  for (const site of ['zz', 'Z', '', 'constructor', '__proto__', 'toString'])
    expect(accepts(editSchema, { do: 'zero', at: { site, layer: 0 } })).toBe(false)
})

describe('numbers that an edit can hold', () => {
  test.each([0, -1, 1e38, 3.4e38])('%d can scale and bias', by => {
    expect(accepts(editSchema, { do: 'scale', at, by })).toBe(true)
    expect(accepts(editSchema, { do: 'bias', at, by })).toBe(true)
  })
  // Finite as a double, infinite as the 32-bit float that the engine computes with.
  test.each([1e39, -1e39, 3.5e38, Number.NaN, Number.POSITIVE_INFINITY, '1', null])('%j cannot', by => {
    expect(accepts(editSchema, { do: 'scale', at, by })).toBe(false)
    expect(accepts(editSchema, { do: 'bias', at, by })).toBe(false)
    expect(accepts(valueSchema, by)).toBe(false)
    expect(accepts(valueSchema, [[0, by]])).toBe(false)
  })
  test.each([0, -1, Number.NaN, 1e39])('%d is no temperature', tau => {
    expect(accepts(editSchema, { do: 'temperature', at, tau })).toBe(false)
    expect(accepts(editSchema, { do: 'temperature', at, tau: 0.5 })).toBe(true)
  })
})

test('indices are whole numbers from 0 to 2^31 − 1', () => {
  for (const i of [0, 1, 2 ** 31 - 1])
    expect(accepts(editSchema, { do: 'zero', at, heads: [i], samples: [i] })).toBe(true)
  for (const i of [-1, 0.5, 2 ** 31, 2 ** 53 + 2, '0', null, Number.NaN])
    for (const key of ['heads', 'groups', 'samples', 'positions'])
      expect(accepts(editSchema, { do: 'zero', at, [key]: [i] })).toBe(false)
})

test('positions are indices, tokens, the last or all; an empty set is none of them', () => {
  for (const p of [[0, 3], { tokens: [5] }, 'last', 'all']) expect(accepts(positionsSchema, p)).toBe(true)
  for (const p of [[], { tokens: [] }, {}, { tokens: [1], last: true }, 'first', 3])
    expect(accepts(positionsSchema, p)).toBe(false)
})

test('a value is a number, lists up to four deep, or a tensor of a file beside the edits file', () => {
  for (const v of [1, [1], [[[[1, 2]]]], { file: 'v.safetensors', tensor: 'a.b' }])
    expect(accepts(valueSchema, v)).toBe(true)
  for (const v of [[], [[]], [[[[[1]]]]], { file: 'v.safetensors' }, { file: 'v.safetensors', tensor: 'a', more: 1 }])
    expect(accepts(valueSchema, v)).toBe(false)
  for (const file of [
    '',
    '.safetensors',
    '../v.safetensors',
    '/v.safetensors',
    'a\\v.safetensors',
    'C:v.safetensors',
    'v\0.safetensors',
    'v.json',
  ])
    expect(accepts(valueSchema, { file, tensor: 't' })).toBe(false)
})

test('a patch comes from one run', () => {
  expect(
    [{ prompt: 'x' }, { ids: [1] }, {}, { prompt: 'x', ids: [1] }].map(from =>
      accepts(editSchema, { do: 'patch', at, ...from }),
    ),
  ).toEqual([true, true, false, false])
})

test('only known keys are taken, also inside', () => {
  for (const extra of [{ head: [1] }, { by: 2 }, { at: { ...at, token: 1 } }])
    expect(accepts(editSchema, { do: 'zero', at, ...extra })).toBe(false)
})

test('a list holds at most 10,000 edits', () => {
  const many = (n: number) => new Array(n).fill({ do: 'zero', at })
  expect([accepts(editsSchema, []), accepts(editsSchema, many(10_000)), accepts(editsSchema, many(10_001))]).toEqual([
    true,
    true,
    false,
  ])
})
