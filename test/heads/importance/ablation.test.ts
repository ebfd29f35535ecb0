import { expect, test } from 'vitest'
import { ablateHeads, ablations, harmless } from '../../../src/heads/importance/ablation.ts'
import { otherPrompts } from '../../../src/heads/importance/removal.ts'
import { plan } from '../../../src/runs/plan.ts'
import { runSequence } from '../../../src/runs/run.ts'
import { engineOf, tiny } from '../../support/models.ts'

const PROMPTS = [
  { ids: [31, 11, 17, 6, 11], read: { metric: 'loss' } },
  { ids: [1, 2, 3], read: { metric: 'loss' } },
] as const

test.each([
  { mode: 'zero' } as const,
  { mode: 'mean', reference: 'self' } as const,
  {
    mode: 'mean',
    reference: [
      [4, 5, 6],
      [7, 8],
    ],
  } as const,
  { mode: 'mean', references: otherPrompts(PROMPTS.map(p => [p.ids])) } as const,
])('every head removed alone: %j', async removal => {
  await using engine = await engineOf(tiny('mqa'))
  const { layers, heads } = engine.config
  const edits = ablations({ layers, heads }, removal)
  expect(edits.map(([e]) => [e?.at.layer, e?.heads?.[0]])).toEqual(
    Array.from({ length: layers * heads }, (_, i) => [Math.floor(i / heads), i % heads]),
  )
  const { clean, delta } = await ablateHeads(await plan(engine, PROMPTS, edits, { budget: 2 ** 30 }))
  for (const [s, { ids }] of PROMPTS.entries()) {
    const { loss } = await runSequence(engine, ids)
    expect(clean[s]).toBeCloseTo(loss!, 5)
    for (const [i, own] of edits.entries()) {
      const removed = await runSequence(engine, ids, { edits: own, sample: s })
      expect(delta[s * edits.length + i]).toBeCloseTo(removed.loss! - loss!, 4)
    }
  }
})

test('harmless heads: worse by at most a share of the clean metric, in the direction that is worse', () => {
  const delta = [0.01, 0.03, -0.5, 0.02]
  expect(harmless(delta, 2, 0.01, false)).toBe(3)
  expect(harmless(delta, 2, 0.01, true)).toBe(3)
  expect(harmless([-0.03, -0.02], -2, 0.01, true)).toBe(1)
  expect(harmless(delta, 0, 0.01, false)).toBe(1)
})
