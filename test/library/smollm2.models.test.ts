import '../support/allclose.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Headwise, load } from '../../src/index.ts'
import { execute } from '../../src/runs/execute.ts'
import { plan } from '../../src/runs/plan.ts'
import { checkGreedy, checkInternals, checkLogits, checkScores } from '../support/golden.ts'
import { json, shared, smollm2, smollm2Here, tensors } from '../support/models.ts'

const golden = shared('golden')

describe.skipIf(!smollm2Here)(smollm2Here ? 'SmolLM2' : 'skipped: ../shared holds no SmolLM2', () => {
  let m: Headwise
  beforeAll(async () => {
    m = await load(smollm2, { threads: 2 })
  })
  afterAll(async () => {
    await m[Symbol.asyncDispose]()
  })

  test('logits, losses and the most likely tokens', () => checkLogits(m, golden))
  test('32 greedy tokens', () => checkGreedy(m, golden), 120_000)
  test('every internal site', () => checkInternals(m, golden))
  test('detector scores', () => checkScores(m, golden))

  /** All 270 heads take minutes: the first, a middle and the last layer stand for them. */
  test('zero and mean ablation of the heads of three layers', async () => {
    const { ids } = json<{ ids: number[] }>(`${golden}/ablation.json`)
    const expected = await tensors(`${golden}/ablation.safetensors`)
    const { heads, layers } = m.config
    const removed = [0, 17, layers - 1].flatMap(layer => Array.from({ length: heads }, (_, head) => ({ layer, head })))
    const cells = (['zero', 'mean'] as const).flatMap(mode => removed.map(where => ({ mode, ...where })))
    const runs = cells.map(({ mode, layer, head }) => {
      const at = { at: { site: 'z' as const, layer, stack: 'decoder' as const }, heads: [head] as [number] }
      return mode === 'zero' ? [{ do: mode, ...at }] : [{ do: mode, reference: 'self' as const, ...at }]
    })
    const p = await plan(m.engine, [{ ids }], runs, 'loss', 2 ** 33)
    let clean = Number.NaN
    for await (const { run, value } of execute(p)) {
      const cell = cells[run]
      if (!cell) clean = value
      else {
        const delta = expected(`${cell.mode}_delta`).data[cell.layer * heads + cell.head]!
        expect(Math.abs(value - clean - delta), JSON.stringify(cell)).toBeLessThan(2e-5)
      }
    }
    expect(Number.isFinite(clean)).toBe(true)
  }, 200_000)
})
