import '../support/models.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { layerMatched } from '../../src/causal/controls.ts'
import { type HeadSet, setName } from '../../src/heads/importance/head-set.ts'
import { removals } from '../../src/heads/importance/removal.ts'
import { type Headwise, load } from '../../src/index.ts'
import { randomRepeats } from '../../src/library/random-repeats.ts'
import { gridValues } from '../../src/results/grid.ts'
import { execute } from '../../src/runs/execute.ts'
import { plan } from '../../src/runs/plan.ts'
import { percentileAmong } from '../../src/statistics/percentile.ts'

/**
 * What is known of the specimen's copying, measured beforehand in PyTorch on other draws: orders and percentiles are
 * held, not digits. 50 random tokens are said twice; the second time they can only be copied.
 */
const LENGTH = 50
const set = (...names: string[]): HeadSet => names.map(name => ({ layer: Number(name[0]), head: Number(name[2]) }))
const INDUCTION = set('6.5', '6.1', '5.4', '5.5')
const LATE = set('6.5', '6.1')

let m: Headwise
let sequences: readonly (readonly number[])[]
beforeAll(async () => {
  m = await load('specimen', { threads: 2 })
  sequences = randomRepeats(await m.tokenizer(), m.config.vocab, 0).slice(0, 2)
})
afterAll(async () => {
  await m[Symbol.asyncDispose]()
})

/** Mean loss over the second half without each set, the clean one first, nats per token. */
async function losses(sets: readonly HeadSet[]): Promise<number[]> {
  const samples = sequences.map(ids => ({
    ids,
    read: { metric: 'sequence_logprob', from: ids.length - LENGTH } as const,
  }))
  const found = new Array<number>(sets.length + 1).fill(0)
  const p = await plan(m.engine, samples, removals(sets, { mode: 'zero' }), { budget: 2 ** 30 })
  for await (const { run, value } of execute(p)) found[run + 1]! -= value / LENGTH / samples.length
  return found
}

/** Share of the second half's tokens that the model ranks first, without the set. */
async function copied(heads: HeadSet): Promise<number> {
  let right = 0
  for (const ids of sequences) {
    const edits = removals([heads], { mode: 'zero' })[0]!
    const { logits } = (await m.run([...ids], { allLogits: true, edits })).passes[0]!
    const { vocab } = m.config
    for (let t = ids.length - LENGTH; t < ids.length; t++) {
      const row = logits.data.subarray((t - 1) * vocab, t * vocab)
      if (row.indexOf(Math.max(...row)) === ids[t]) right++
    }
  }
  return right / LENGTH / sequences.length
}

test('four heads carry the copying: no other set of their layers comes near', async () => {
  const controls = layerMatched(INDUCTION, m.config, { seed: 0 })
  expect(controls).toHaveLength(225)
  const single = ['6.5', '6.1', '5.4', '5.5', '4.7'].map(name => set(name))
  const [clean, four, late, h65, h61, h54, h55, h47, ...others] = await losses([
    INDUCTION,
    LATE,
    ...single,
    ...controls,
  ])
  expect(clean).toBeLessThan(0.3)
  // Measured: about 8.3 nats, as bad as guessing among 4,096 tokens.
  expect(four).toBeGreaterThan(7)
  expect(four).toBeLessThan(9.5)
  const worst = Math.max(...others)
  expect(worst, setName(controls[others.indexOf(worst)]!)).toBeLessThan(0.25)
  expect(
    percentileAmong(
      four! - clean!,
      others.map(x => x - clean!),
    ),
  ).toBe(100)
  // The two of layer 6 carry most of it, 6.5 more than 6.1; those of layer 5 little alone.
  expect(late).toBeGreaterThan(4)
  expect(h65).toBeGreaterThan(h61!)
  expect(h65).toBeGreaterThan(Math.max(h54!, h55!))
  // Without the previous-token head the induction heads do not know where to look.
  expect(h47).toBeGreaterThan(h65!)
})

test('what is copied without them: nothing; without 6.5 and 6.1 next to nothing; without 6.5 about half', async () => {
  expect(await copied([])).toBeGreaterThan(0.9)
  expect(await copied(INDUCTION)).toBeLessThan(0.01)
  expect(await copied(LATE)).toBeLessThan(0.05)
  const half = await copied(set('6.5'))
  expect(half).toBeGreaterThan(0.25)
  expect(half).toBeLessThan(0.75)
  expect(await copied(set('4.7'))).toBeLessThan(0.35)
})

test('the heads that look one token back: 4.7, 3.1, 4.0', async () => {
  const [grid] = await m.scores(['previous'])
  const { data } = gridValues(grid!)
  const best = [...data.keys()].sort((a, b) => data[b]! - data[a]!).slice(0, 3)
  expect(best.map(i => `${Math.floor(i / 8)}.${i % 8}`)).toEqual(['4.7', '3.1', '4.0'])
})
