import '../support/allclose.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Headwise, load } from '../../src/index.ts'
import { f32 } from '../../src/words/arrays.ts'
import { checkAblation, checkGreedy, checkInternals, checkLogits, checkScores } from '../support/golden.ts'
import { fixture, json } from '../support/models.ts'
import { plainForward } from '../support/plain-forward.ts'

const golden = fixture('golden-specimen')
let m: Headwise
beforeAll(async () => {
  m = await load('specimen', { threads: 2 })
})
afterAll(async () => {
  await m[Symbol.asyncDispose]()
})

test('logits, losses and the most likely tokens', () => checkLogits(m, golden))
test('texts have the golden ids', async () => {
  for (const { text, ids } of json<{ text: string; ids: number[] }[]>(`${golden}/logits.json`))
    expect((await m.run(text)).document).toMatchObject({ kind: 'run', tokens: ids })
})
test('texts that no golden holds have the logits of a plain forward pass', async () => {
  const texts = ['Ünïcode, 日本 and\n\n  17 spaces', 'A dog. A dog. A', 'If 12 + 30 = 42, then']
  for (const text of texts) {
    const { logits, passes } = await m.run(text, { allLogits: true })
    const plain = plainForward(m.config, m.engine.weights, passes[0]!.ids)
    expect(logits).toBeAllclose(f32(logits.shape, Float32Array.from(plain.flat())), { atol: 1e-3 })
  }
})
test('in-context gain: loss of the 50th token minus loss of the 500th, of texts that have one', async () => {
  const ids = Array.from({ length: 500 }, (_, i) => 1 + ((i * 37) % 200))
  const { document, logits } = await m.run(ids, { allLogits: true })
  const { vocab } = m.config
  const loss = (token: number) => {
    const row = logits.data.subarray((token - 2) * vocab, (token - 1) * vocab)
    return Math.log(row.reduce((s, x) => s + Math.exp(x), 0)) - row[ids[token - 1]!]!
  }
  const gain = loss(50) - loss(500)
  expect(Math.abs(gain)).toBeGreaterThan(0.1)
  expect('inContextGain' in document && document.inContextGain).toBeCloseTo(gain, 4)
  expect((await m.run(ids.slice(0, 499))).document).not.toHaveProperty('inContextGain')
})
test('32 greedy tokens', () => checkGreedy(m, golden))
test('every internal site', () => checkInternals(m, golden))
test('detector scores', () => checkScores(m, golden))
test.each(['zero', 'mean'] as const)('%s ablation of every head', mode => checkAblation(m, golden, mode))
