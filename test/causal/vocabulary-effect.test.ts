import { afterAll, beforeAll, expect, test } from 'vitest'
import { lastPosition } from '../../src/causal/direct-effect.ts'
import { headsWrite, vocabularyEffects } from '../../src/causal/vocabulary-effect.ts'
import type { Engine } from '../../src/runs/engine.ts'
import { pointsOf, runSequence } from '../../src/runs/run.ts'
import type { Edit } from '../../src/words/edit.ts'
import { point, pointKey } from '../../src/words/site.ts'
import { engineOf, fixture, json, tensors } from '../support/models.ts'

const golden = json<{ clean_ids: number[]; answer_id: number; wrong_id: number }>(
  fixture('golden-specimen/ioi_patching.json'),
)
let engine: Engine
beforeAll(async () => {
  engine = await engineOf('specimen')
})
afterAll(async () => {
  await engine[Symbol.asyncDispose]()
})

const outputsOf = (z: Float32Array) => {
  const { layers, heads, headDim } = engine.config
  return Array.from({ length: layers * heads }, (_, i) => ({
    layer: Math.floor(i / heads),
    head: i % heads,
    z: z.subarray(i * headDim, (i + 1) * headDim),
  }))
}

test("the difference of two tokens is PyTorch's direct logit attribution of every head, to 1e-4 logits", async () => {
  const expected = (await tensors(fixture('golden-specimen/ioi_patching.safetensors')))('dla').data
  const { z, rms } = await lastPosition(engine, { ids: golden.clean_ids })
  for (const [i, output] of outputsOf(z).entries()) {
    const effects = await vocabularyEffects(engine, headsWrite(engine, [output]), rms)
    expect(effects.length).toBe(engine.config.vocab)
    const found = effects[golden.answer_id]! - effects[golden.wrong_id]!
    expect(Math.abs(found - expected[i]!), `${output.layer}.${output.head}`).toBeLessThan(1e-4)
  }
  expect(Math.max(...expected)).toBeGreaterThan(1)
})

test('heads together, feed-forward outputs and the embedding add up to the logits of every token, under edits too', async () => {
  const { layers, dim, vocab } = engine.config
  const edits: Edit[] = [
    { do: 'scale', by: 0.5, at: point('z', 6), heads: [5] },
    { do: 'zero', at: point('z', 4), heads: [7] },
  ]
  const { z, rms } = await lastPosition(engine, { ids: golden.clean_ids }, { edits })
  const heads = await vocabularyEffects(engine, headsWrite(engine, outputsOf(z)), rms)
  const capture = [point('embed'), ...pointsOf('mlp_out', layers), point('logits')]
  const { captured } = await runSequence(engine, golden.clean_ids, { capture, edits })
  const last = (at: (typeof capture)[number], width: number) => captured.get(pointKey(at))!.data.slice(-width)
  const norm = engine.weights.read('model.norm.weight')
  const unembedding = engine.weights.read('model.embed_tokens.weight')
  const rest = capture.slice(0, -1).map(at => last(at, dim))
  const logits = last(point('logits'), vocab)
  for (let id = 0; id < vocab; id += 37) {
    let other = 0
    for (const row of rest)
      for (let i = 0; i < dim; i++) other += (row[i]! * norm[i]! * unembedding[id * dim + i]!) / rms
    expect(Math.abs(heads[id]! + other - logits[id]!), `token ${id}`).toBeLessThan(1e-3)
  }
})

test('a head whose z is zero writes nothing', async () => {
  const { z, rms } = await lastPosition(engine, { ids: golden.clean_ids })
  const [head] = outputsOf(z.map(() => 0))
  expect((await vocabularyEffects(engine, headsWrite(engine, [head!]), rms)).every(x => x === 0)).toBe(true)
})
