import { expect, test } from 'vitest'
import type { GgufValue } from '../../src/checkpoint/gguf-metadata.ts'
import { ggufTokenizer } from '../../src/text/gguf-fields.ts'
import { loadTokenizer } from '../../src/text/load.ts'
import { errorOf, healthyGguf } from './make.ts'

const fields = (more: Record<string, GgufValue | undefined> = {}): Map<string, GgufValue> => {
  const { tokens, scores, types } = healthyGguf()
  const all: Record<string, GgufValue | undefined> = {
    model: 'llama',
    tokens,
    scores: Float32Array.from(scores),
    token_type: Int32Array.from(types),
    bos_token_id: 1,
    eos_token_id: 2,
    unknown_token_id: 0,
    ...more,
  }
  return new Map(
    Object.entries(all).flatMap(([key, value]) =>
      value === undefined ? [] : [[`tokenizer.ggml.${key}`, value] as const],
    ),
  )
}

test('metadata gives the same tokenizer as its plain fields', async () => {
  const t = await loadTokenizer(ggufTokenizer(fields(), 't.gguf', 264))
  const plain = await loadTokenizer(healthyGguf())
  expect(t.hash).toBe(plain.hash)
  expect([t.firstToken, t.endTokens]).toEqual([1, [2]])
})

test.each([
  ['model', undefined, 'nothing'],
  ['model', 3, '3'],
  ['tokens', undefined, 'nothing'],
  ['tokens', Int32Array.of(1), 'an object'],
  ['tokens', [true], '[true]'],
  ['scores', ['x'], '["x"]'],
  ['token_type', 1, '1'],
  ['bos_token_id', 'x', '"x"'],
  ['eos_token_id', 2n ** 60n, '1152921504606846976'],
  ['add_bos_token', 1, '1'],
] as const)('%s of a wrong type: %s', async (key, value, found) => {
  const error = await errorOf(async () => ggufTokenizer(fields({ [key]: value }), 't.gguf'))
  expect(error).toMatchObject({ code: 'tokenizer-field', file: 't.gguf', where: `tokenizer.ggml.${key}`, found })
})
