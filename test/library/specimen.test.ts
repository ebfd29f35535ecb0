import '../support/allclose.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Headwise, load } from '../../src/index.ts'
import { checkAblation, checkGreedy, checkInternals, checkLogits, checkScores } from '../support/golden.ts'
import { fixture, json } from '../support/models.ts'

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
test('32 greedy tokens', () => checkGreedy(m, golden))
test('every internal site', () => checkInternals(m, golden))
test('detector scores', () => checkScores(m, golden))
test.each(['zero', 'mean'] as const)('%s ablation of every head', mode => checkAblation(m, golden, mode))
