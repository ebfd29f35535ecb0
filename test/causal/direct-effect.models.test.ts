import '../support/allclose.ts'
import { describe, expect, test } from 'vitest'
import { directEffects, lastPosition, readouts } from '../../src/causal/direct-effect.ts'
import { f32 } from '../../src/words/arrays.ts'
import { engineOf, json, shared, smollm2, smollm2Here, tensors } from '../support/models.ts'

describe.skipIf(!smollm2Here)(smollm2Here ? 'SmolLM2' : 'skipped: ../shared holds no SmolLM2', () => {
  test("PyTorch's direct logit attribution of every head, to 1e-3 logits", async () => {
    await using engine = await engineOf(smollm2)
    const { layers, heads } = engine.config
    const golden = json<{ clean_ids: number[]; answer_id: number; wrong_id: number }>(
      shared('golden/ioi_patching.json'),
    )
    const expected = (await tensors(shared('golden/ioi_patching.safetensors')))('dla')
    const { z, rms } = await lastPosition(engine, { ids: golden.clean_ids })
    const [readout] = readouts(engine, [{ answers: [golden.answer_id], distractors: [golden.wrong_id] }])
    const found = directEffects(engine, readout!, z, rms)
    expect(f32([layers, heads], Float32Array.from(found))).toBeAllclose(expected, { atol: 1e-3 })
  })
})
