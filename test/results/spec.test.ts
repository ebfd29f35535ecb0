import { expect, test } from 'vitest'
import { promptsHash, specHash, specOf } from '../../src/results/spec.ts'
import { specSchema } from '../../src/words/spec.ts'
import { facts, request, spec } from './examples.ts'

const { check } = spec
const file = { do: 'set' as const, at: { site: 'z' as const, layer: 0, stack: 'decoder' as const } }
const named = (name: string) => ({ ...file, value: { file: name, tensor: 'v' } })

test('a spec fits its schema and keeps its hash for good', () => {
  expect(specSchema.parse(spec)).toEqual(spec)
  expect(spec.hash).toBe('d87e7ec8cc774da339df3fcd6b04e8daf53c77ebe2fc862a3daf3c012e97a2b4')
  expect(spec.check.promptsHash).toBe(promptsHash(request.prompts))
})

test('paths, threads, key order and facts about the program do not change the hash', () => {
  expect(specHash({ ...request, model: '/elsewhere/model', threads: 16 }, check)).toBe(spec.hash)
  expect(specHash(request, { ...check, version: '9.9.9', backend: 'other', dropped: ['x'] })).toBe(spec.hash)
  expect(specHash(Object.fromEntries(Object.entries(request).reverse()) as typeof request, check)).toBe(spec.hash)
  const renamed = { ...check, files: { 'w.safetensors': check.files['v.safetensors']! } }
  expect(specHash({ ...request, edits: [request.edits[0]!, named('w.safetensors')] }, renamed)).toBe(spec.hash)
})

test.each([
  ['seed', { seed: 8 }],
  ['command', { command: 'scores' as const }],
  ['edits', { edits: [] }],
  ['budget', { budget: 1e9 }],
  ['device', { device: 'reference' as const }],
  ['method', { method: { id: 'zero-ablation', version: 2, parameters: { metric: 'loss' } } }],
  ['prompts', { prompts: [{ ids: [0, 5, 8] }] }],
])('another %s changes the hash', (_, change) => {
  expect(specOf({ ...request, ...change }, facts).hash).not.toBe(spec.hash)
})

test.each([
  ['model', { modelHash: 'x' }],
  ['tokenizer', { tokenizerHash: 'x' }],
  ['file', { files: { 'v.safetensors': 'x' } }],
])('another %s changes the hash', (_, change) => {
  expect(specOf(request, { ...facts, ...change }).hash).not.toBe(spec.hash)
})

test('the prompts are their ids, each list by itself', () => {
  expect(promptsHash([{ ids: [1, 2] }])).toBe(promptsHash([{ ids: [1, 2], ...{ text: 'x' } }]))
  expect(promptsHash([{ ids: [1, 2] }])).not.toBe(promptsHash([{ ids: [1] }, { ids: [2] }]))
})
