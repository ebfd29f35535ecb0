import { afterAll, beforeAll, expect, test } from 'vitest'
import { ablations } from '../../src/heads/importance/ablation.ts'
import { type Engine, newLedger } from '../../src/runs/engine.ts'
import { execute } from '../../src/runs/execute.ts'
import { naive } from '../../src/runs/naive.ts'
import { plan } from '../../src/runs/plan.ts'
import type { Edit } from '../../src/words/edit.ts'
import { engineOf, fixture, json, tiny } from '../support/models.ts'
import { refusal } from '../support/refusal.ts'

const IDS = [31, 11, 17, 6, 11, 23]
const ROOM = 2 ** 30
const LOSS = { metric: 'loss' } as const
let engine: Engine
beforeAll(async () => {
  engine = await engineOf(tiny('gqa'))
})
afterAll(async () => {
  await engine[Symbol.asyncDispose]()
})
const zero = (layer: number): Edit[] => [{ do: 'zero', at: { site: 'z', layer, stack: 'decoder' }, heads: [1] }]

/** Nodes that one sweep computes in each part of the model beyond those of the clean pass. */
async function nodes(runs: readonly Edit[][]): Promise<(scope: string) => number> {
  const count = async (list: readonly Edit[][]) => {
    engine.ledger = newLedger()
    for await (const _ of execute(await plan(engine, [{ ids: IDS, read: LOSS }], list, { budget: ROOM })));
    const found = engine.ledger.nodes
    engine.ledger = undefined
    return found
  }
  const [clean, all] = [await count([]), await count(runs)]
  return scope => (all.get(scope) ?? 0) - (clean.get(scope) ?? 0)
}

test('layers below an edit compute nothing', async () => {
  const of = await nodes([zero(2), zero(2)])
  expect(['embed', 'decoder.0', 'decoder.1'].map(of)).toEqual([0, 0, 0])
  expect(of('decoder.2')).toBeGreaterThan(0)
  expect(of('unembed')).toBeGreaterThan(0)
})

test('edits of one layer go as one batch', async () => {
  const [one, four] = [await nodes([zero(1)]), await nodes([zero(1), zero(1), zero(1), zero(1)])]
  for (const scope of ['decoder.1', 'decoder.2']) expect(four(scope)).toBe(one(scope))
})

test('a plan computes nothing', async () => {
  engine.ledger = newLedger()
  const runs: Edit[][] = [
    [{ do: 'mean', reference: 'self', at: { site: 'z', layer: 1, stack: 'decoder' } }],
    [{ do: 'patch', ids: [1, 2, 3, 4, 5, 6], at: { site: 'k', layer: 0, stack: 'decoder' } }],
  ]
  await plan(engine, [{ ids: IDS, read: LOSS }], runs, { budget: ROOM })
  expect(engine.ledger.runs).toBe(0)
  engine.ledger = undefined
})

test('a budget in which nothing fits is refused with both numbers, before anything runs', async () => {
  engine.ledger = newLedger()
  const error = await refusal(() => plan(engine, [{ ids: IDS, read: LOSS }], [zero(0)], { budget: 1000 }))
  expect(error).toMatchObject({ code: 'budget', fault: 'usage', allowed: 1000 })
  expect(error.found).toBeGreaterThan(1000)
  expect(engine.ledger.runs).toBe(0)
  engine.ledger = undefined
  await plan(engine, [{ ids: IDS, read: LOSS }], [zero(0)], { budget: Number(error.found) })
})

test('an abort ends the sweep between two steps', async () => {
  const stop = new AbortController()
  const p = await plan(engine, [{ ids: IDS, read: LOSS }], [zero(0), zero(1)], { budget: ROOM })
  const seen: number[] = []
  const progress: number[] = []
  const error = await refusal(async () => {
    const watch = {
      signal: stop.signal,
      onProgress: ({ done }: { done: number }) => {
        progress.push(done)
        if (progress.length === 1) stop.abort()
      },
    }
    for await (const { run } of execute(p, watch)) seen.push(run)
  })
  expect(error).toMatchObject({ code: 'interrupted', fault: 'interrupted' })
  expect([seen, progress.length]).toEqual([[-1], 1])
  // The engine is as good as before.
  for await (const { run } of execute(p)) seen.push(run)
  expect(seen).toEqual([-1, -1, 0, 1])
})

test('sites after the last layer are refused', async () => {
  const edit: Edit[] = [{ do: 'zero', at: { site: 'logits', layer: 0, stack: 'decoder' } }]
  expect(await refusal(() => plan(engine, [{ ids: IDS, read: LOSS }], [edit], { budget: ROOM }))).toMatchObject({
    code: 'sweep-site',
  })
})

test('two replacements of one cell are refused when planned', async () => {
  const twice: Edit[] = [...zero(1), { do: 'set', value: 1, at: { site: 'z', layer: 1, stack: 'decoder' } }]
  expect(
    await refusal(() => plan(engine, [{ ids: IDS, read: LOSS }], [zero(0), twice], { budget: ROOM })),
  ).toMatchObject({
    code: 'edit',
    where: 'edits[1]',
  })
})

/** The specimen, whose heads matter: planned = alone on a spread of heads, for both metrics. */
test.each(['loss', 'logit_diff'] as const)('planned = naive on the specimen for %s', async metric => {
  await using specimen = await engineOf('specimen')
  const { ids } = json<{ ids: number[]; name: string }[]>(fixture('golden-specimen/logits.json'))[1]!
  const sample = { ids, read: metric === 'loss' ? LOSS : { metric, answers: [260, 300], distractors: [400] } }
  const runs = ablations({ layers: 8, heads: 8 }, { mode: 'mean', reference: 'self' }).filter((_, i) => i % 7 === 0)
  const p = await plan(specimen, [sample], runs, { budget: ROOM })
  const found: number[] = []
  for await (const { value } of execute(p)) found.push(value)
  let i = 0
  for await (const { value } of naive(p))
    expect(Math.abs(found[i++]! - value)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)))
  expect(i).toBe(runs.length + 1)
})
