import '../support/allclose.ts'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkEdits, parseEdits } from '../../src/results/input.ts'
import { Engine } from '../../src/runs/engine.ts'
import { besideModel, exportGraph, exportModel, inside } from '../../src/runs/export.ts'
import { runSequence } from '../../src/runs/run.ts'
import { lowerGraph } from '../../src/runtime/onnx.ts'
import { referenceBackend } from '../../src/runtime/reference.ts'
import { f32, sizeOf } from '../../src/words/arrays.ts'
import type { Edit } from '../../src/words/edit.ts'
import type { Site } from '../../src/words/site.ts'
import { engineOf, fixture, json, tensors, tiny } from '../support/models.ts'
import { readModel } from '../support/onnx.ts'
import { runExported } from '../support/onnx-web.ts'
import { refusal } from '../support/refusal.ts'

const TEXTS = [
  [31, 11, 17, 6, 11],
  [1, 2, 3, 4, 5],
]
const at = (site: Site, layer = 1) => ({ site, layer })
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const edits = (list: readonly unknown[]): Edit[] => checkEdits(list, 'edits')
let engine: Engine
beforeAll(async () => {
  engine = await engineOf(tiny('gqa'))
})
afterAll(async () => {
  await engine[Symbol.asyncDispose]()
})

async function expectOwn(
  e: Engine,
  model: Uint8Array,
  own: readonly Edit[],
  beside?: Parameters<typeof runExported>[2],
) {
  const found = await runExported(model, TEXTS, beside)
  const rows = await Promise.all(TEXTS.map(ids => runSequence(e, ids, { edits: own, allLogits: true })))
  const expected = f32(
    [TEXTS.length, ...rows[0]!.logits.shape],
    Float32Array.from(rows.flatMap(r => [...r.logits.data])),
  )
  expect(found).toBeAllclose(expected, { atol: 1e-5 })
}

describe('the exported model computes what the edited run computes, for every batch and length', () => {
  test.each(['mha', 'tied', 'bias', 'head-dim', 'rope-llama3', 'gelu-tanh', 'relu'])('%s', async name => {
    await using own = await engineOf(tiny(name))
    const scale = edits([{ do: 'scale', by: 0, at: at('z'), heads: [1] }])
    await expectOwn(own, (await exportModel(own, scale, 64, 'm.data')).model, scale)
  })
  test.each<[string, unknown[]]>([
    ['no edits', []],
    [
      'a head of every kind',
      [
        { do: 'zero', at: at('z'), heads: [2] },
        { do: 'temperature', tau: 2, at: at('scores'), heads: [0] },
        { do: 'scale', by: 0.5, at: at('k', 0), groups: [1] },
      ],
    ],
    ['values of its own', [{ do: 'set', value: [[1], [2], [3], [4]], at: at('z'), heads: [1, 3] }]],
    [
      'a mean over references',
      [
        {
          do: 'mean',
          reference: [
            [4, 5, 6],
            [7, 8],
          ],
          at: at('mlp_out'),
        },
      ],
    ],
    ['every key of a head cut', [{ do: 'knockout', at: at('scores'), heads: [3] }]],
    [
      'the ends',
      [
        { do: 'add', value: 0.5, at: { site: 'embed' } },
        { do: 'scale', by: 2, at: { site: 'final_norm' } },
      ],
    ],
  ])('%s', async (_, list) => {
    const own = edits(list)
    await expectOwn(engine, (await exportModel(engine, own, 64, 'm.data')).model, own)
  })
})

test('the same request gives the same bytes, of standard operators only', async () => {
  const own = edits([{ do: 'zero', at: at('z'), heads: [2] }])
  const [a, b] = [await exportModel(engine, own, 64, 'm.data'), await exportModel(engine, own, 64, 'm.data')]
  expect(sha256(a.model)).toBe(sha256(b.model))
  expect(readModel(a.model).opsets).toEqual({ '': 21 })
  expect(readModel(a.model).nodes.every(n => n.domain === '')).toBe(true)
})

test('weights beside the model: the same numbers', async () => {
  const { weights } = engine
  const graph = await exportGraph(engine, [], 64)
  const { place, names } = besideModel('m.data')
  const model = lowerGraph(graph, weights, 'portable', place)
  expect(new Set(names).size).toBe(names.length)
  const parts = names.map(n => weights.read(n))
  const data = new Uint8Array(Float32Array.from(parts.flatMap(p => [...p])).buffer)
  expect(model.length + data.length).toBeGreaterThan(lowerGraph(graph, weights, 'portable', inside(weights)).length)
  await expectOwn(engine, model, [], [{ path: 'm.data', data }])
})

test('above 256 MiB the weights stand beside, and none is read into memory', async () => {
  const { config, weights } = engine
  const vocab = 3_000_000
  const shapes = new Map(
    weights.names.map(n => [n, weights.entry(n)!.shape.map(d => (d === config.vocab ? vocab : d))]),
  )
  const large = new Engine(
    { ...config, vocab },
    {
      hash: 'large',
      folder: '/',
      names: weights.names,
      entry: name => ({ shape: shapes.get(name)!, file: '/none', offset: 0 }),
      read: name => {
        throw new Error(`${name} was read`)
      },
    },
    referenceBackend(),
  )
  const total = [...shapes.values()].reduce((n, s) => n + 4 * sizeOf(s), 0)
  expect(total).toBeGreaterThan(256 * 2 ** 20)
  const { model, beside } = await exportModel(large, [], 64, 'large.onnx.data')
  expect([...beside].sort()).toEqual([...weights.names].sort())
  expect(model.length).toBeLessThan(2 ** 20)
  const spans = readModel(model)
    .initializers.filter(t => t.external.location === 'large.onnx.data')
    .map(t => [t.name, Number(t.external.offset), Number(t.external.length)] as const)
    .sort(([, a], [, b]) => a - b)
  expect(spans.map(([name]) => name)).toEqual(beside)
  let end = 0
  for (const [, offset, length] of spans) {
    expect(offset).toBe(end)
    end += length
  }
  expect(end).toBe(total)
})

describe('edits that hold for one text only are refused', () => {
  test.each<[string, unknown, unknown]>([
    ['positions', { do: 'zero', at: at('z'), positions: [0] }, { do: 'zero', at: at('z'), positions: 'all' }],
    ['keys', { do: 'knockout', keys: 'last', at: at('scores') }, { do: 'knockout', keys: 'all', at: at('scores') }],
    ['a patch', { do: 'patch', ids: [0], at: at('z') }, { do: 'set', value: 0, at: at('z') }],
    ['a mean over itself', { do: 'mean', at: at('z') }, { do: 'mean', reference: [[1, 2]], at: at('z') }],
    ['samples', { do: 'zero', samples: [0], at: at('z') }, { do: 'zero', at: at('z') }],
    ['a pattern', { do: 'add', value: 0.5, at: at('pattern') }, { do: 'scale', by: 0.5, at: at('pattern') }],
  ])('%s', async (_, faulty, healthy) => {
    const error = await refusal(() => exportModel(engine, edits([faulty]), 64, 'm.data'))
    expect(error).toMatchObject({ code: 'export-edit', fault: 'usage', where: 'edits[0]' })
    await exportModel(engine, edits([healthy]), 64, 'm.data')
  })
})

/** The specimen with one edit, as Python's reference evaluator answered it (test/fixtures/onnx/make.py). */
describe('the specimen without its strongest induction head', () => {
  const { sha256: known } = json<{ model: { sha256: string } }>(fixture('onnx/reference.json')).model
  const { ids, rows } = json<{ ids: number[]; rows: number[] }>(fixture('onnx/reference.json'))
  test('is byte for byte the file that the fixture was made of, and means the same everywhere', async () => {
    await using specimen = await engineOf('specimen')
    const own = parseEdits(readFileSync(fixture('onnx/edits.json')), 'edits.json')
    const { model } = await exportModel(specimen, own, specimen.config.context, 'specimen.onnx.data')
    expect(sha256(model)).toBe(known)
    const { vocab } = specimen.config
    const answered = (await tensors(fixture('onnx/reference.safetensors')))('logits')
    const pick = (all: Float32Array) =>
      f32([rows.length, vocab], Float32Array.from(rows.flatMap(r => [...all.subarray(r * vocab, (r + 1) * vocab)])))
    const run = await runSequence(specimen, ids, { edits: own, allLogits: true })
    expect(pick(run.logits.data)).toBeAllclose(answered, { atol: 1e-4 })
    expect(pick((await runExported(model, [ids])).data)).toBeAllclose(answered, { atol: 1e-4 })
    const clean = await runSequence(specimen, ids, { allLogits: true })
    expect(pick(clean.logits.data)).not.toBeAllclose(answered, { atol: 1e-2 })
  })
})
