import '../support/allclose.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { directEffects, lastPosition, readouts } from '../../src/causal/direct-effect.ts'
import type { Engine } from '../../src/runs/engine.ts'
import { pointsOf, runSequence } from '../../src/runs/run.ts'
import { f32 } from '../../src/words/arrays.ts'
import { point, pointKey } from '../../src/words/site.ts'
import { llamaGguf, writeFolder } from '../checkpoint/make-llama.ts'
import { Scratch } from '../checkpoint/scratch.ts'
import { engineOf, fixture, json, tensors } from '../support/models.ts'

const golden = json<{
  clean_ids: number[]
  corrupt_ids: number[]
  answer_id: number
  wrong_id: number
  m_clean: number
}>(fixture('golden-specimen/ioi_patching.json'))
const compared = { answers: [golden.answer_id], distractors: [golden.wrong_id] }
let engine: Engine
beforeAll(async () => {
  engine = await engineOf('specimen')
})
afterAll(async () => {
  await engine[Symbol.asyncDispose]()
})

test("PyTorch's direct logit attribution of every head, to 1e-4 logits", async () => {
  const { layers, heads } = engine.config
  const expected = (await tensors(fixture('golden-specimen/ioi_patching.safetensors')))('dla')
  const { z, rms } = await lastPosition(engine, { ids: golden.clean_ids })
  const found = directEffects(engine, readouts(engine, [compared])[0]!, z, rms)
  expect(f32([layers, heads], Float32Array.from(found))).toBeAllclose(expected, { atol: 1e-4 })
})

test('heads, feed-forward outputs and the embedding add up to the logit difference', async () => {
  const { layers, dim } = engine.config
  const [readout] = readouts(engine, [compared])
  const { z, rms } = await lastPosition(engine, { ids: golden.clean_ids })
  const heads = directEffects(engine, readout!, z, rms).reduce((s, x) => s + x, 0)
  const capture = [point('embed'), ...pointsOf('mlp_out', layers)]
  const { captured } = await runSequence(engine, golden.clean_ids, { capture })
  const norm = engine.weights.read('model.norm.weight')
  const unembedding = engine.weights.read('model.embed_tokens.weight')
  const difference = (row: Float32Array) =>
    row.reduce((s, x, i) => {
      const u = unembedding[golden.answer_id * dim + i]! - unembedding[golden.wrong_id * dim + i]!
      return s + (x * norm[i]! * u) / rms
    }, 0)
  const rest = capture.map(p => difference(captured.get(pointKey(p))!.data.slice(-dim)))
  expect(heads + rest.reduce((s, x) => s + x, 0)).toBeCloseTo(golden.m_clean, 3)
})

test('answers and distractors are means over tokens', () => {
  const [one, two, both] = readouts(engine, [
    { answers: [5], distractors: [9] },
    { answers: [7], distractors: [11] },
    { answers: [5, 7], distractors: [9, 11] },
  ])
  for (let i = 0; i < both!.length; i += 97) expect(both![i]).toBeCloseTo((one![i]! + two![i]!) / 2, 6)
})

test('a checkpoint that calls its weights by other names is read the same, through its family’s layout', async () => {
  using scratch = new Scratch()
  await using folder = await engineOf(writeFolder(scratch))
  await using gguf = await engineOf(scratch.write('m.gguf', llamaGguf()))
  const wanted = [{ answers: [1], distractors: [2] }]
  const [a, b] = [readouts(folder, wanted)[0]!, readouts(gguf, wanted)[0]!]
  expect(a.some(x => x !== 0)).toBe(true)
  expect(b).toEqual(a)
})
