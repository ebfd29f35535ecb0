import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Engine } from '../../src/runs/engine.ts'
import { newLedger } from '../../src/runs/engine.ts'
import { execute, type Measured } from '../../src/runs/execute.ts'
import type { Reading } from '../../src/runs/metric.ts'
import { naive } from '../../src/runs/naive.ts'
import { type Plan, plan } from '../../src/runs/plan.ts'
import type { Edit } from '../../src/words/edit.ts'
import { siteNames } from '../../src/words/site.ts'
import { anyEdits } from '../support/arbitrary-edits.ts'
import { engineOf, tiny } from '../support/models.ts'

const IDS = [31, 11, 17, 6, 11, 23]
const SAMPLES = [
  { ids: IDS, read: { metric: 'loss' } },
  { ids: [6, 17, 11, 31], read: { metric: 'loss' } },
] as const
const compared = { answers: [3, 4], distractors: [5] }
const READINGS: readonly Reading[] = [
  { metric: 'loss' },
  { metric: 'logit_diff', ...compared },
  { metric: 'prob_diff', ...compared },
  { metric: 'accuracy', ...compared },
  { metric: 'accuracy', answers: [3], distractors: [] },
  { metric: 'sequence_logprob', from: 3 },
  { metric: 'kl' },
]
const inside = siteNames.filter(s => s !== 'final_norm' && s !== 'logits')
const ROOM = 2 ** 30

type Value = Omit<Measured, 'part'>
const key = ({ run, sample }: Value) => `${run} of ${sample}`
async function collect(results: AsyncIterable<Value>): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for await (const r of results) {
    expect(found.has(key(r))).toBe(false)
    found.set(key(r), r.value)
  }
  return found
}
function agree(found: ReadonlyMap<string, number>, expected: ReadonlyMap<string, number>): void {
  expect([...found.keys()].sort()).toEqual([...expected.keys()].sort())
  for (const [k, x] of expected) expect(Math.abs(found.get(k)! - x), k).toBeLessThan(2e-5 * Math.max(1, Math.abs(x)))
}
async function counted(engine: Engine, p: Plan): Promise<{ found: Map<string, number>; flops: number }> {
  engine.ledger = newLedger()
  const found = await collect(execute(p))
  const { flops } = engine.ledger
  engine.ledger = undefined
  return { found, flops }
}

describe.each([
  ['gqa', 'cpu', 25],
  ['bias', 'reference', 10],
] as const)('%s on %s', (name, device, numRuns) => {
  test('planned = every run alone, for the price that the plan said', async () => {
    await using engine = await engineOf(tiny(name), device)
    // Positions and patches of one text do not fit the other: texts are swept together in a second step.
    const sweep = fc.array(fc.oneof(anyEdits(engine.config, IDS, inside), fc.constant<Edit[]>([])), {
      minLength: 1,
      maxLength: 6,
    })
    await fc.assert(
      fc.asyncProperty(sweep, fc.constantFrom(...READINGS), async (runs, read) => {
        const p = await plan(engine, [{ ids: IDS, read }], runs, { budget: ROOM })
        const { found, flops } = await counted(engine, p)
        agree(found, await collect(naive(p)))
        expect(flops).toBe(p.flops)
        expect(p.peakBytes).toBeLessThanOrEqual(ROOM)
      }),
      { numRuns, seed: 11 },
    )
  })

  test('a result does not depend on budget, batch mates or other prompts', async () => {
    await using engine = await engineOf(tiny(name), device)
    const { layers, heads } = engine.config
    const runs = Array.from({ length: layers * heads }, (_, i): Edit[] => [
      {
        do: i % 2 ? 'mean' : 'zero',
        reference: 'self',
        at: { site: 'z', layer: Math.floor(i / heads), stack: 'decoder' },
        heads: [i % heads],
        ...(i % 3 ? {} : { samples: [1] }),
      } as Edit,
    ])
    const p = await plan(engine, SAMPLES, runs, { budget: ROOM })
    const { found, flops } = await counted(engine, p)
    agree(found, await collect(naive(p)))
    expect(flops).toBe(p.flops)

    // The least budget that the plan accepts cuts waves and batches as small as they get.
    let [no, yes] = [0, p.peakBytes]
    while (yes - no > 64) {
      const middle = Math.floor((no + yes) / 2)
      const fits = await plan(engine, SAMPLES, runs, { budget: middle }).then(
        () => true,
        () => false,
      )
      if (fits) yes = middle
      else no = middle
    }
    const tight = await plan(engine, SAMPLES, runs, { budget: yes })
    expect(tight.parts.length).toBeGreaterThan(p.parts.length)
    expect(tight.peakBytes).toBeLessThanOrEqual(yes)
    const least = await counted(engine, tight)
    agree(least.found, found)
    expect(least.flops).toBe(tight.flops)

    const alone = await plan(engine, SAMPLES.slice(0, 1), runs.slice(4, 5), { budget: ROOM })
    const one = await collect(execute(alone))
    expect(Math.abs(one.get('0 of 0')! - found.get('4 of 0')!)).toBeLessThan(2e-5)
  })
})
