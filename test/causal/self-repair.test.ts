import { afterAll, beforeAll, expect, test } from 'vitest'
import { lastPosition } from '../../src/causal/direct-effect.ts'
import { directChanges, selfRepair } from '../../src/causal/self-repair.ts'
import type { Engine } from '../../src/runs/engine.ts'
import { pointsOf, runSequence } from '../../src/runs/run.ts'
import type { Edit } from '../../src/words/edit.ts'
import { point, pointKey } from '../../src/words/site.ts'
import { engineOf, fixture, json, tiny } from '../support/models.ts'

const golden = json<{ clean_ids: number[]; corrupt_ids: number[]; answer_id: number; wrong_id: number }>(
  fixture('golden-specimen/ioi_patching.json'),
)
const compared = { answers: [golden.answer_id], distractors: [golden.wrong_id] }
let engine: Engine
beforeAll(async () => {
  engine = await engineOf('specimen')
})
afterAll(async () => {
  await engine[Symbol.asyncDispose]()
})

/** By the residual stream: what the resampled head adds to the last residual, read at the clean scale. */
test('changes of direct effects = captured head outputs of the other prompt, read by the clean norm', async () => {
  await using small = await engineOf(tiny('gqa'))
  const { layers, heads, dim, tied } = small.config
  const prompts = [
    [31, 11, 17, 6, 11],
    [1, 2, 3, 4, 5],
  ]
  const read = { metric: 'logit_diff', answers: [5], distractors: [9] } as const
  const samples = prompts.map(ids => ({ ids, read }))
  const found = await directChanges(small, samples, { mode: 'resample', seed: 3, draws: 2 }, { others: prompts })

  const capture = [...pointsOf('head_out', layers), point('resid_post', layers - 1)]
  const runs = await Promise.all(prompts.map(ids => runSequence(small, ids, { capture })))
  const norm = small.weights.read('model.norm.weight')
  const unembedding = small.weights.read(tied ? 'model.embed_tokens.weight' : 'lm_head.weight')
  for (const [i, { captured }] of runs.entries()) {
    const last = captured.get(`resid_post@${layers - 1}`)!.data.slice(-dim)
    const rms = Math.sqrt(last.reduce((s, x) => s + x * x, 0) / dim + small.config.normEps)
    const effect = (of: typeof captured, layer: number, head: number) => {
      const rows = of.get(`head_out@${layer}`)!.data
      const row = rows.subarray(rows.length - (heads - head) * dim).subarray(0, dim)
      return row.reduce(
        (s, x, d) => s + (x * norm[d]! * (unembedding[5 * dim + d]! - unembedding[9 * dim + d]!)) / rms,
        0,
      )
    }
    for (let layer = 0; layer < layers; layer++)
      for (let head = 0; head < heads; head++) {
        // With two prompts every draw takes the other one.
        const change = effect(runs[1 - i]!.captured, layer, head) - effect(captured, layer, head)
        expect(found[(i * layers + layer) * heads + head]).toBeCloseTo(change, 5)
      }
  }
})

test('in the last layer nothing comes after a head but the norm: its total effect is direct, but for the norm scale', async () => {
  const { layers, heads } = engine.config
  const read = { metric: 'logit_diff', ...compared } as const
  const pair = [golden.clean_ids, golden.corrupt_ids]
  const samples = pair.map(ids => ({ ids, read }))
  const changes = await directChanges(engine, samples, { mode: 'resample', seed: 0, draws: 1 }, { others: pair })
  const at = { site: 'mlp_out', layer: layers - 1, stack: 'decoder' } as const
  const { captured } = await runSequence(engine, golden.clean_ids, { capture: [at, point('resid_post', layers - 1)] })
  // The feed-forward part of the last layer is held, so that the direct path is the only one.
  const { shape, data } = captured.get(pointKey(at))!
  const rows = Array.from({ length: shape[0]! }, (_, t) => [...data.subarray(t * shape[1]!, (t + 1) * shape[1]!)])
  const hold: Edit = { do: 'set', value: rows, at }
  const logits = async (edits: Edit[]) => {
    const run = await runSequence(engine, golden.clean_ids, {
      edits,
      others: pair,
      capture: [point('resid_post', layers - 1)],
    })
    const last = run.captured.get(`resid_post@${layers - 1}`)!.data.slice(-engine.config.dim)
    const rms = Math.sqrt(last.reduce((s, x) => s + x * x, 0) / last.length + engine.config.normEps)
    return (run.logits.data[golden.answer_id]! - run.logits.data[golden.wrong_id]!) * rms
  }
  const { rms } = await lastPosition(engine, { ids: golden.clean_ids })
  const clean = await logits([hold])
  for (const head of [0, 3, heads - 1]) {
    const resample: Edit = {
      do: 'resample',
      seed: 0,
      draws: 1,
      at: { site: 'z', layer: layers - 1, stack: 'decoder' },
      heads: [head],
    }
    const change = ((await logits([resample, hold])) - clean) / rms
    expect(changes[(layers - 1) * heads + head]).toBeCloseTo(change, 3)
  }
})

test('self-repair is what the direct path does not explain', () => {
  expect([...selfRepair(Float64Array.of(-1, -3, 0), Float64Array.of(-3, -1, 0))]).toEqual([2, -2, 0])
})
