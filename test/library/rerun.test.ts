import '../support/models.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeSafetensors } from '../../src/checkpoint/safetensors-writer.ts'
import { type Edit, type Headwise, load, rerun } from '../../src/index.ts'
import type { ResultDocument } from '../../src/results/document.ts'
import { checkEdits, checkTask } from '../../src/results/input.ts'
import { toJson } from '../../src/results/json.ts'
import { readResult } from '../../src/results/read.ts'
import { tiny } from '../support/models.ts'
import { refusal } from '../support/refusal.ts'

const TEXT = 'Tom saw a cat. The cat saw Tom.'
const folder = mkdtempSync(join(tmpdir(), 'headwise-rerun-'))
let m: Headwise
beforeAll(async () => {
  m = await load('specimen', { threads: 2 })
  await writeSafetensors(join(folder, 'v.safetensors'), [
    { name: 'v', dtype: 'F32', shape: [32], data: Float32Array.from({ length: 32 }, (_, i) => i / 32) },
  ])
})
afterAll(async () => {
  await m[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

const edits = (value: unknown): Edit[] => checkEdits(value, 'edits')
const fromFile = edits([
  { do: 'add', at: { site: 'z', layer: 3 }, heads: [2], value: { file: 'v.safetensors', tensor: 'v' } },
])
const task = checkTask(
  {
    name: 'names',
    form: 'next',
    metric: 'logit_diff',
    prompts: [
      { text: 'When Tom and Mary went to the market, Tom gave a coin to', answers: [' Mary'], distractors: [' Tom'] },
      { text: 'When Mary and Tom went to the market, Mary gave a coin to', answers: [' Tom'], distractors: [' Mary'] },
    ],
  },
  'task',
)
const sequences = checkTask(
  {
    name: 'long answers',
    form: 'sequence',
    metric: 'sequence_logprob',
    prompts: [
      { text: 'The capital of France is', answers: [' Paris.'], distractors: [' Rome.'] },
      { text: 'When Mary and Tom went out, Mary gave a coin to', answers: [' Tom.'], distractors: [' Mary.'] },
    ],
  },
  'task',
)
const NAMES = ['Tom', 'Mary', 'Lily', 'Ben']
/** Enough rows for p to have small steps. */
const eight = checkTask(
  {
    ...{ name: 'eight', form: 'next', metric: 'logit_diff' },
    prompts: NAMES.flatMap((a, i) =>
      ['park', 'market'].map(place => {
        const b = NAMES[(i + 1) % NAMES.length]!
        const text = `When ${a} and ${b} went to the ${place}, ${a} gave a coin to`
        return { text, answers: [` ${b}`], distractors: [` ${a}`] }
      }),
    ),
  },
  'task',
)
/** No token of the specimen. */
const refused = checkTask(
  {
    name: 'r',
    form: 'next',
    metric: 'accuracy',
    prompts: [{ text: 'Tom', answers: [' antidisestablishmentarianism'] }],
  },
  'task',
)
/** As a file would hold it. */
const stored = (document: ResultDocument): ResultDocument => readResult(toJson(document), 'result.json')

describe('a result computed again is the same', () => {
  const results: Record<string, () => Promise<ResultDocument>> = {
    run: async () => (await m.run(TEXT, { capture: ['pattern', 'logits'], attended: true })).document,
    'run of several prompts under edits from a file': async () =>
      (await m.run([TEXT, 'Tom'], { edits: fromFile, folder })).document,
    generation: () =>
      m.generation('Once upon a time', { maxTokens: 12, temperature: 0.8, topK: 20, topP: 0.9, seed: 7 }),
    'what a feed-forward block writes': () =>
      m.writes(TEXT, { of: { mlp: 5 }, position: 4, edits: fromFile, folder, top: 5 }),
    'what a neuron writes': () => m.writes(TEXT, { of: { neuron: { layer: 5, neuron: 9 } } }),
    'what a residual predicts': () => m.writes(TEXT, { of: { residual: 'resid_mid', layer: 2 } }),
    routes: () => m.routes(TEXT, { position: 4, threshold: 0.03, edits: fromFile, folder }),
    scores: () => m.scores(['induction', 'entropy'], { seed: 3 }),
    'scores beside random keys': () => m.scores(['previous'], { seed: 3, null: true }),
    'how well the model does on tasks': () =>
      m.tasks({ tasks: ['ioi', 'greater-than', task, sequences, refused], n: 12, seed: 5 }),
    'zero ablation of a task': () => m.ablate({ mode: 'zero', task }),
    'mean ablation of a task': () => m.ablate({ mode: 'mean', task }),
    'mean ablation of a text': () => m.ablate({ mode: 'mean', prompts: [TEXT] }),
    'mean ablation with references': () => m.ablate({ mode: 'mean', prompts: [TEXT], reference: [[0, 5, 6, 7]] }),
  }
  test.each(Object.keys(results))('%s', async name => {
    const document = stored(await results[name]!())
    const { largest, tolerance, document: fresh } = await rerun(document, { folder, threads: 1 })
    expect(largest).toBeLessThanOrEqual(tolerance)
    const specs = [document, fresh].map(d => (Array.isArray(d) ? d : [d]).map(one => 'spec' in one && one.spec.hash))
    expect(specs[1]).toEqual(specs[0])
    expect(readResult(toJson(fresh), 'again.json')).toBeDefined()
  })
})

test('a number that was changed is found, with its place', async () => {
  const grid = stored(await m.ablate({ mode: 'zero', prompts: [TEXT] }))
  if (Array.isArray(grid) || grid.kind !== 'grid') throw new Error('no grid')
  const values = structuredClone(grid.values) as number[][]
  values[6]![5]! += 0.25
  const { largest, tolerance, where } = await rerun({ ...grid, values })
  expect(where).toBe('values[6][5]')
  expect(largest).toBeCloseTo(0.25, 4)
  expect(tolerance).toBe(2e-5)
})

test('a changed number of what is written, or of routes, is found', async () => {
  const written = await m.writes(TEXT, { of: { mlp: 5 } })
  const [first, ...rest] = written.raises
  const raises = [{ ...first!, logits: first!.logits + 0.1 }, ...rest]
  expect(await rerun(stored({ ...written, raises }))).toMatchObject({ where: 'raises[0]', tolerance: 1e-3 })
  const neurons = written.neurons!.map((n, i) => (i === 3 ? { ...n, length: n.length + 0.5 } : n))
  expect((await rerun(stored({ ...written, neurons }))).where).toBe('neurons[3]')
  const routes = await m.routes(TEXT)
  const edges = routes.edges.map((e, i) => (i === 2 ? { ...e, contribution: e.contribution + 0.1 } : e))
  const found = await rerun(stored({ ...routes, edges }))
  expect(found.largest).toBeCloseTo(0.1, 4)
  expect(found.where).toMatch(/^edges /)
  // An edge that is not there counts as one at the threshold.
  const missing = routes.edges.reduce((a, b) => (b.contribution > a.contribution ? b : a))
  const fewer = await rerun(stored({ ...routes, edges: routes.edges.filter(e => e !== missing) }))
  expect(fewer.largest).toBeCloseTo(missing.contribution - 0.04, 4)
})

test.each(['low', 'high', 'p', 'q'] as const)('a changed %s of a grid is found', async part => {
  const grid = await m.ablate({ mode: 'zero', task: eight })
  const cells = structuredClone(grid[part]) as number[][]
  cells[3]![2]! = cells[3]![2]! > 0.5 ? cells[3]![2]! - 0.02 : cells[3]![2]! + 0.02
  const { largest, tolerance, where } = await rerun(stored({ ...grid, [part]: cells }))
  // A p that was changed is no longer what its q follows from, which shows first.
  expect(where).toMatch(part === 'p' ? /^[pq]/ : new RegExp(`^${part}`))
  expect(largest).toBeGreaterThan(tolerance)
})

test('a changed accuracy, and a changed mean on a task, are found with their place', async () => {
  const list = await m.tasks({ tasks: ['ioi', 'capitals'], n: 6 })
  const [ioi, capitals] = list.map(one => {
    if ('refused' in one) throw new Error(one.refused)
    return one
  })
  const accuracy = { ...ioi!.accuracy!, mean: 0.5 }
  expect(await rerun(stored([{ ...ioi!, accuracy }, capitals!]))).toMatchObject({
    where: '[0].accuracy.mean',
    tolerance: 0,
  })
  const value = { ...capitals!.value, high: capitals!.value.high! + 0.01 }
  expect(await rerun(stored([ioi!, { ...capitals!, value }]))).toMatchObject({
    where: '[1].value.high',
    tolerance: 1e-3,
  })
})

test('a list of tasks none of which could be asked is refused', async () => {
  const list = await m.tasks({ tasks: [refused] })
  expect(await refusal(() => rerun(stored(list)))).toMatchObject({ code: 'rerun-nothing' })
})

test('another generated token is never tolerated', async () => {
  const document = await m.generation('Once upon a time', { maxTokens: 4 })
  const tokens = document.tokens.with(-1, 9)
  const { largest, tolerance, where } = await rerun({ ...document, tokens })
  expect([tolerance, where]).toEqual([0, `tokens[${tokens.length - 1}]`])
  expect(largest).toBeGreaterThan(0)
})

test('another model is refused by its hash', async () => {
  const document = (await m.run(TEXT)).document
  const error = await refusal(() => rerun(document, { model: tiny('gqa') }))
  expect(error).toMatchObject({
    code: 'rerun-differs',
    where: 'spec.check.modelHash',
    allowed: document.spec.check.modelHash,
  })
  expect(error.message).toContain(String(error.found))
})

test('a file with other values is refused by its hash', async () => {
  const { document } = await m.run(TEXT, { edits: fromFile, folder })
  const other = mkdtempSync(join(tmpdir(), 'headwise-rerun-'))
  await writeSafetensors(join(other, 'v.safetensors'), [
    { name: 'v', dtype: 'F32', shape: [32], data: new Float32Array(32) },
  ])
  expect(await refusal(() => rerun(document, { folder: other }))).toMatchObject({
    code: 'rerun-differs',
    where: 'spec.check.files.v.safetensors',
  })
  rmSync(other, { recursive: true })
})

test('a result of a command to come is refused', async () => {
  const { document } = await m.run(TEXT)
  const spec = { ...document.spec, request: { ...document.spec.request, command: 'atlas' as const } }
  expect(await refusal(() => rerun({ ...document, spec }))).toMatchObject({ code: 'rerun-command', found: 'atlas' })
})
