import '../support/allclose.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkEdits } from '../../src/results/input.ts'
import { type Engine, newLedger } from '../../src/runs/engine.ts'
import { captureBytes, pointsOf, type RunOptions, runSequence } from '../../src/runs/run.ts'
import { f32, type NDArray } from '../../src/words/arrays.ts'
import { type Point, pointKey } from '../../src/words/site.ts'
import { engineOf } from '../support/models.ts'

/** Two whole tiles of query rows and a piece of a third. */
const TIME = 300
const IDS = Array.from({ length: TIME }, (_, i) => (i * 37 + 11) % 4000)
const TOLERANCE = { atol: 2e-6, rtol: 1e-5 }
let engine: Engine
beforeAll(async () => {
  engine = await engineOf('specimen')
})
afterAll(async () => {
  await engine[Symbol.asyncDispose]()
})

/** What a sink that copies was handed; `pause` is how long it takes over each value. */
async function layered(o: RunOptions & { capture: readonly Point[] }, pause = 0) {
  const values = new Map<string, NDArray<'f32'>>()
  const sink = async (p: Point, value: NDArray<'f32'>) => {
    if (pause > 0) await new Promise(resolve => setTimeout(resolve, pause))
    values.set(pointKey(p), f32(value.shape, value.data.slice()))
  }
  // Too little for all layers, and enough for two.
  const budget = captureBytes(engine, o.capture, TIME) / 2
  const run = await runSequence(engine, IDS, { ...o, sink, budget })
  return { values, run }
}

/** Both ways of one run: everything in memory from one graph, and layer by layer. */
async function bothWays(sites: readonly Point['site'][], o: RunOptions = {}, pause = 0) {
  const capture = sites.flatMap(s => pointsOf(s, engine.config.layers))
  const whole = await runSequence(engine, IDS, { ...o, capture })
  const { values, run } = await layered({ ...o, capture }, pause)
  expect([...values.keys()].sort()).toEqual([...whole.captured.keys()].sort())
  for (const [key, value] of whole.captured) expect(values.get(key), key).toBeAllclose(value, TOLERANCE)
  expect(run.loss).toBeCloseTo(whole.loss!, 5)
}

test('patterns that leave in tiles are those of the whole graph', () => bothWays(['pattern', 'z', 'resid_pre']))

test('a slow taker gets the values of its layer, not of the next one', () =>
  bothWays(['pattern', 'z', 'resid_post'], {}, 3))

describe('patterns that are not only read leave whole', () => {
  test('scores beside them', () => bothWays(['pattern', 'scores']))
  test('edited patterns', async () => {
    const edits = checkEdits([{ do: 'knockout', at: { site: 'scores', layer: 3 }, queries: [200], keys: [4] }], 'edits')
    await bothWays(['pattern', 'z'], { edits })
  })
})

test('of patterns in tiles no masked block is computed', async () => {
  const flops = async (sites: readonly Point['site'][]) => {
    engine.ledger = newLedger()
    await layered({ capture: sites.flatMap(s => pointsOf(s, engine.config.layers)) })
    const counted = engine.ledger.flops
    engine.ledger = undefined
    return counted
  }
  const { layers, heads, headDim } = engine.config
  // q·k and pattern·v above the last key of each of three tiles: 128 · 172, 128 · 44 and 44 · 0 cells a head.
  const masked = 4 * layers * heads * headDim * (128 * 172 + 128 * 44)
  expect((await flops(['pattern', 'scores'])) - (await flops(['pattern']))).toBe(masked)
})

test('without memory for two layers the captures of one are made once those before have been taken', async () => {
  const { layers, heads } = engine.config
  const one = 4 * heads * TIME * TIME + 4 * TIME * engine.config.dim
  const capture = [...pointsOf('pattern', layers), ...pointsOf('z', layers)]
  let [busy, most] = [0, 0]
  engine.ledger = newLedger()
  const seen: number[] = []
  const sink = async (p: Point) => {
    busy += 1
    most = Math.max(most, busy)
    const { runs } = engine.ledger!
    await new Promise(resolve => setTimeout(resolve, 5))
    if (p.site === 'pattern') seen.push(engine.ledger!.runs - runs)
    busy -= 1
  }
  await runSequence(engine, IDS, { capture, sink, budget: one })
  expect(seen).toEqual(new Array(layers).fill(0))
  seen.length = 0
  await runSequence(engine, IDS, { capture, sink, budget: 2 * one })
  expect(seen.slice(0, -1)).toEqual(new Array(layers - 1).fill(1))
  expect(most).toBe(1)
  engine.ledger = undefined
})
