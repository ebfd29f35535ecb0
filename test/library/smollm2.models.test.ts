import '../support/allclose.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Headwise, load } from '../../src/index.ts'
import { checkEdits } from '../../src/results/input.ts'
import { execute } from '../../src/runs/execute.ts'
import { generate } from '../../src/runs/generate.ts'
import { plan } from '../../src/runs/plan.ts'
import type { Message } from '../../src/text/tokenizer.ts'
import { point } from '../../src/words/site.ts'
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

  test('a chat has the golden ids', async () => {
    const prompts = json<{ name: string; ids: number[]; messages?: Message[] }[]>(`${golden}/logits.json`)
    const chat = prompts.find(p => p.messages)!
    expect((await m.run(chat.messages!)).document).toMatchObject({ tokens: chat.ids })
  })

  test('64 tokens with slabs = in one pass, under an edit', async () => {
    const edits = checkEdits([{ do: 'zero', at: { site: 'z', layer: 18 }, heads: [6] }], 'edits')
    const { ids: prompt } = json<{ ids: number[] }[]>(`${golden}/logits.json`)[0]!
    const ids = [...prompt]
    const tops: number[] = []
    const o = { maxTokens: 64, temperature: 0, seed: 0, endTokens: [], edits, capture: [point('logits')] }
    for await (const { id, captured } of generate(m.engine, prompt, o)) {
      tops.push(captured.get('logits')!.data.at(id - m.config.vocab)!)
      ids.push(id)
    }
    const { logits } = (await m.run(ids.slice(0, -1), { edits, allLogits: true })).passes[0]!
    for (const [n, top] of tops.entries()) {
      const row = prompt.length - 1 + n
      expect(Math.abs(logits.data[row * m.config.vocab + ids[row + 1]!]! - top)).toBeLessThan(1e-4)
    }
  })

  test('Σ head_out = attn_sum, and the residual stream adds up', async () => {
    const { ids } = json<{ ids: number[] }>(`${golden}/internals.json`)
    const sites = ['head_out', 'attn_sum', 'attn_out', 'mlp_out', 'resid_pre', 'resid_post'] as const
    const pass = (await m.run(ids, { capture: sites.map(s => `${s}@17`) })).passes[0]!
    const [parts, sum, attention, mlp, pre, post] = sites.map(s => pass.get(`${s}@17`).data)
    const { heads, dim } = m.config
    for (let i = 0; i < sum!.length; i++) {
      let total = 0
      for (let h = 0; h < heads; h++) total += parts![(Math.floor(i / dim) * heads + h) * dim + (i % dim)]!
      expect(Math.abs(total - sum![i]!)).toBeLessThan(1e-4)
      const expected = pre![i]! + attention![i]! + mlp![i]!
      expect(Math.abs(post![i]! - expected)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(expected)) * 4)
    }
  })

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
    const p = await plan(m.engine, [{ ids, read: { metric: 'loss' } }], runs, { budget: 2 ** 33 })
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
