import '../support/allclose.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkEdits } from '../../src/results/input.ts'
import { type Engine, newLedger } from '../../src/runs/engine.ts'
import { captureBytes, pointsOf, type RunOptions, runSequence } from '../../src/runs/run.ts'
import { f32, type NDArray } from '../../src/words/arrays.ts'
import { type Point, point, pointKey, siteNames } from '../../src/words/site.ts'
import { engineOf, json, type TinyExpected, tiny } from '../support/models.ts'
import { refusal } from '../support/refusal.ts'

const { ids: IDS } = json<TinyExpected>(`${tiny('gqa')}/expected.json`).prompts[0]!
const TIME = IDS.length
let engine: Engine
beforeAll(async () => {
  engine = await engineOf(tiny('gqa'))
})
afterAll(async () => {
  await engine[Symbol.asyncDispose]()
})

const logSoftmax = (row: Float32Array) => {
  const top = Math.max(...row)
  const norm = top + Math.log(row.reduce((s, x) => s + Math.exp(x - top), 0))
  return row.map(x => x - norm)
}

test('loss, token losses and top tokens are those of the logits', async () => {
  const { vocab } = engine.config
  const whole = await runSequence(engine, IDS, { allLogits: true })
  const rows = Array.from({ length: TIME }, (_, t) => logSoftmax(whole.logits.data.slice(t * vocab, (t + 1) * vocab)))
  const expected = IDS.slice(1).map((id, t) => -rows[t]![id]!)
  expect(whole.tokenLoss).toHaveLength(TIME - 1)
  for (const [t, x] of expected.entries()) expect(whole.tokenLoss[t]).toBeCloseTo(x, 5)
  expect(whole.loss).toBeCloseTo(expected.reduce((s, x) => s + x, 0) / expected.length, 5)
  const order = [...rows[TIME - 1]!.entries()].sort(([, a], [, b]) => b - a).slice(0, 10)
  expect(whole.top.map(t => t.id)).toEqual(order.map(([id]) => id))
  for (const [i, [, x]] of order.entries()) expect(whole.top[i]!.logprob).toBeCloseTo(x, 5)
  const last = await runSequence(engine, IDS)
  expect(last.logits.shape).toEqual([vocab])
  expect([...last.logits.data]).toEqual([...whole.logits.data.slice(-vocab)].map(x => expect.closeTo(x, 5)))
  expect(last.loss).toBeCloseTo(whole.loss!, 6)
})

test('one token has no loss', async () => {
  for (const o of [{}, { allLogits: true }, { capture: [point('logits')] }] satisfies RunOptions[]) {
    const { loss, tokenLoss, top, logits } = await runSequence(engine, [5], o)
    expect([loss, tokenLoss.length, top.length]).toEqual([null, 0, 10])
    expect(logits.data).toHaveLength(engine.config.vocab)
  }
})

test('captures have the shapes of their sites', async () => {
  const { layers, heads, groups, headDim, dim, mlpDim, vocab } = engine.config
  const capture = siteNames.flatMap(site => pointsOf(site, layers))
  const { captured } = await runSequence(engine, IDS, { capture })
  const shape = (site: (typeof siteNames)[number], layer = 0) => captured.get(pointKey(point(site, layer)))?.shape
  for (const site of ['embed', 'final_norm', 'resid_pre', 'attn_sum', 'mlp_out', 'resid_post'] as const)
    expect(shape(site), site).toEqual([TIME, dim])
  for (const site of ['q_raw', 'q', 'z'] as const) expect(shape(site), site).toEqual([TIME, heads, headDim])
  for (const site of ['k_raw', 'k', 'v_raw', 'v'] as const) expect(shape(site), site).toEqual([TIME, groups, headDim])
  for (const site of ['scores', 'pattern'] as const) expect(shape(site, 2), site).toEqual([heads, TIME, TIME])
  expect([shape('head_out'), shape('mlp_act'), shape('logits')]).toEqual([
    [TIME, heads, dim],
    [TIME, mlpDim],
    [TIME, vocab],
  ])
  const bytes = [...captured.values()].reduce((n, { data }) => n + data.byteLength, 0)
  expect(captureBytes(engine, capture, TIME)).toBe(bytes)
})

describe('budget', () => {
  const capture = (): Point[] => [...pointsOf('pattern', engine.config.layers), ...pointsOf('z', engine.config.layers)]
  const need = () => captureBytes(engine, capture(), TIME)

  test('captures that do not fit are refused first, with the number', async () => {
    engine.ledger = newLedger()
    const error = await refusal(() => runSequence(engine, IDS, { capture: capture(), budget: need() - 1 }))
    expect(error).toMatchObject({
      code: 'budget',
      fault: 'usage',
      where: 'capture',
      found: need(),
      allowed: need() - 1,
    })
    expect(engine.ledger.runs).toBe(0)
    engine.ledger = undefined
    await runSequence(engine, IDS, { capture: capture(), budget: need() })
  })

  test('logits of all positions count', async () => {
    const logits = 4 * TIME * engine.config.vocab
    expect(await refusal(() => runSequence(engine, IDS, { allLogits: true, budget: logits - 1 }))).toMatchObject({
      found: logits,
    })
    await runSequence(engine, IDS, { allLogits: true, budget: logits })
  })

  test('a sink takes them layer by layer, in order, and one layer is all that is held', async () => {
    const { layers } = engine.config
    const order: string[] = []
    const values = new Map<string, NDArray<'f32'>>()
    const sink = async (p: Point, value: NDArray<'f32'>) => {
      order.push(pointKey(p))
      // The array is used again for the next layer.
      values.set(pointKey(p), f32(value.shape, value.data.slice()))
    }
    const budget = need() / layers
    const { captured } = await runSequence(engine, IDS, { capture: capture(), budget, sink })
    expect(captured.size).toBe(0)
    expect(order).toEqual(Array.from({ length: layers }, (_, l) => [`pattern@${l}`, `z@${l}`]).flat())
    const whole = await runSequence(engine, IDS, { capture: capture() })
    for (const [key, value] of whole.captured) expect(values.get(key)).toBeAllclose(value, { atol: 1e-6 })
    const error = await refusal(() => runSequence(engine, IDS, { capture: capture(), budget: budget - 1, sink }))
    expect(error).toMatchObject({ code: 'budget', found: budget })
  })

  test('an abort between layers ends it', async () => {
    const stop = new AbortController()
    const seen: string[] = []
    const sink = async (p: Point) => {
      seen.push(pointKey(p))
      if (p.layer === 1) stop.abort()
    }
    const o = {
      capture: pointsOf('pattern', engine.config.layers),
      sink,
      budget: 4 * 4 * TIME * TIME,
      signal: stop.signal,
    }
    expect(await refusal(() => runSequence(engine, IDS, o))).toMatchObject({ code: 'interrupted' })
    expect(seen).toEqual(['pattern@0', 'pattern@1'])
  })

  test('what the sink throws comes through', async () => {
    const full = new Error('disk full')
    const sink = () => Promise.reject(full)
    await expect(runSequence(engine, IDS, { capture: [point('z', 1)], sink })).rejects.toBe(full)
  })
})

describe('refusals before anything runs', () => {
  test.each<[string, number[], RunOptions, object]>([
    ['no token', [], {}, { code: 'tokens-empty' }],
    ['a token beyond the vocabulary', [0, 64], {}, { code: 'token-id', where: 'tokens[1]', found: 64, allowed: 63 }],
    ['a negative token', [-1], {}, { code: 'token-id', found: -1 }],
    ['half a token', [1.5], {}, { code: 'token-id', found: 1.5 }],
    [
      'a text beyond the context',
      new Array<number>(129).fill(1),
      {},
      { code: 'prompt-too-long', found: 129, allowed: 128 },
    ],
    [
      'a faulty edit',
      [1, 2],
      { edits: checkEdits([{ do: 'zero', at: { site: 'z', layer: 9 } }], 'e') },
      { code: 'edit' },
    ],
    ['an aborted signal', [1, 2], { signal: AbortSignal.abort() }, { code: 'interrupted', fault: 'interrupted' }],
  ])('%s', async (_, ids, o, facts) => {
    engine.ledger = newLedger()
    expect(await refusal(() => runSequence(engine, ids, o))).toMatchObject(facts)
    if (!o.signal) expect(engine.ledger.runs).toBe(0)
    engine.ledger = undefined
  })
  test('the whole context runs', async () => {
    expect((await runSequence(engine, new Array<number>(128).fill(1))).tokenLoss).toHaveLength(127)
  })
  test('a layer that is not there', async () => {
    expect(await refusal(() => pointsOf('z', 3, 3))).toMatchObject({
      code: 'capture',
      where: 'z@3',
      found: 3,
      allowed: 2,
    })
    expect(pointsOf('logits', 3)).toEqual([point('logits')])
  })
})
