import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { flopsOf } from '../../src/graph/measure.ts'
import type { Engine } from '../../src/runs/engine.ts'
import { newLedger } from '../../src/runs/engine.ts'
import { execute } from '../../src/runs/execute.ts'
import type { Lane } from '../../src/runs/lanes.ts'
import type { Reading, Sample } from '../../src/runs/metric.ts'
import { naive } from '../../src/runs/naive.ts'
import type { Measured } from '../../src/runs/plan.ts'
import { type Plan, plan } from '../../src/runs/plan.ts'
import type { Edit } from '../../src/words/edit.ts'
import { point, siteNames } from '../../src/words/site.ts'
import { anyEdits } from '../support/arbitrary-edits.ts'
import { engineOf, tiny } from '../support/models.ts'

/** What a wrong planner would make of a lane; the control below puts one in. */
const planner = vi.hoisted(() => ({ wrong: (lane: Lane): Lane => lane }))
vi.mock('../../src/runs/lanes.ts', async original => {
  const right = await original<typeof import('../../src/runs/lanes.ts')>()
  return {
    ...right,
    laneOf: (...given: Parameters<typeof right.laneOf>) => {
      const lane = right.laneOf(...given)
      return lane && planner.wrong(lane)
    },
  }
})
afterEach(() => {
  planner.wrong = lane => lane
})

/** Two texts of one length that begin alike, and a shorter one. */
const TEXTS = [
  [31, 11, 17, 6, 11, 23],
  [31, 11, 9, 6, 11, 2],
  [6, 17, 11, 31],
] as const
const compared = { answers: [3, 4], distractors: [5] }
const READINGS: readonly Reading[] = [
  { metric: 'loss' },
  { metric: 'logit_diff', ...compared },
  { metric: 'prob_diff', ...compared },
  { metric: 'accuracy', ...compared },
  { metric: 'accuracy', answers: [3], distractors: [] },
  { metric: 'sequence_logprob', from: 3 },
  { metric: 'next_logprob', token: 4 },
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
const far = (found: ReadonlyMap<string, number>, expected: ReadonlyMap<string, number>): string[] =>
  [...expected]
    .filter(([k, x]) => !(Math.abs(found.get(k)! - x) < 2e-5 * Math.max(1, Math.abs(x))))
    .map(([k, x]) => `${k}: ${found.get(k)} instead of ${x}`)
function agree(found: ReadonlyMap<string, number>, expected: ReadonlyMap<string, number>): void {
  expect([...found.keys()].sort()).toEqual([...expected.keys()].sort())
  expect(far(found, expected)).toEqual([])
}

/** Runs the plan and compares what it took with what it said. */
async function counted(engine: Engine, p: Plan, parts?: readonly number[]): Promise<Map<string, number>> {
  const ledger = newLedger()
  engine.ledger = ledger
  const found = await collect(execute(p, { parts }))
  engine.ledger = undefined
  const own = p.parts.filter((_, i) => !parts || parts.includes(i))
  expect(ledger.flops).toBe(own.reduce((n, part) => n + part.flops, 0))
  const estimate = Math.max(...own.map(part => part.peakBytes))
  expect(estimate).toBeGreaterThanOrEqual(ledger.peakBytes)
  expect(estimate).toBeLessThanOrEqual(1.5 * ledger.peakBytes)
  return found
}

/** Runs of all texts: each text has edits of its own, since positions of one are not those of another. */
function anyRuns(engine: Engine, texts: readonly (readonly number[])[]): fc.Arbitrary<Edit[][]> {
  const ofText = (ids: readonly number[], sample: number) =>
    fc
      .oneof({ weight: 5, arbitrary: anyEdits(engine.config, ids, inside) }, fc.constant<Edit[]>([]))
      .map(edits => edits.map(e => ({ ...e, samples: [sample] as [number] })))
  return fc.array(
    fc.tuple(...texts.map(ofText)).map(own => own.flat()),
    { minLength: 1, maxLength: 5 },
  )
}
const anyReading = fc.constantFrom(...READINGS)
const samplesOf = (texts: readonly (readonly number[])[], reads: readonly Reading[]): Sample[] =>
  texts.map((ids, i) => ({ ids, read: reads[i]! }))

describe.each([
  ['gqa', 'cpu', 30],
  ['mha', 'cpu', 10],
  ['mqa', 'cpu', 10],
  ['bias', 'reference', 8],
] as const)('%s on %s', (name, device, numRuns) => {
  test('planned = every run alone, for the work and memory that the plan said', async () => {
    await using engine = await engineOf(tiny(name), device)
    await fc.assert(
      fc.asyncProperty(anyRuns(engine, TEXTS), fc.tuple(anyReading, anyReading, anyReading), async (runs, reads) => {
        const p = await plan(engine, samplesOf(TEXTS, reads), runs, { budget: ROOM })
        expect(p.parts).toHaveLength(1)
        agree(await counted(engine, p), await collect(naive(p)))
      }),
      { numRuns, seed: 11 },
    )
  })
})

test('a result does not depend on the budget, the cut, the order of parts, batch mates or other prompts', async () => {
  await using engine = await engineOf(tiny('gqa'))
  let several = 0
  await fc.assert(
    fc.asyncProperty(
      anyRuns(engine, TEXTS),
      anyReading,
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (runs, read, share) => {
        const samples = samplesOf(TEXTS, [read, read, read])
        const p = await plan(engine, samples, runs, { budget: ROOM })
        const found = await counted(engine, p)
        const least = await plan(engine, samples, runs, { budget: 1 }).then(
          () => 1,
          error => Number(error.found),
        )
        const budget = Math.ceil(least + share * Math.max(0, p.peakBytes - least))
        const tight = await plan(engine, samples, runs, { budget }).catch(() => undefined)
        if (tight) {
          several += Number(tight.parts.length > 1)
          expect(tight.peakBytes).toBeLessThanOrEqual(budget)
          agree(await counted(engine, tight), found)
          const pieces = new Map<string, number>()
          for (const part of [...tight.parts.keys()].reverse())
            for (const [k, x] of await counted(engine, tight, [part])) pieces.set(k, x)
          agree(pieces, found)
        }
        const alone = await plan(engine, samples.slice(0, 1), runs.slice(0, 1), { budget: ROOM })
        const one = await collect(execute(alone))
        agree(one, new Map([...one.keys()].map(k => [k, found.get(k)!])))
      },
    ),
    { numRuns: 12, seed: 5 },
  )
  expect(several).toBeGreaterThan(2)
})

test('a null patch reproduces the clean metric exactly, and what cannot reach the metric is not computed', async () => {
  await using engine = await engineOf(tiny('gqa'))
  const [ids] = TEXTS
  const at = { site: 'v', layer: 1, stack: 'decoder' } as const
  const last = { site: 'mlp_out', layer: engine.config.layers - 1, stack: 'decoder' } as const
  const runs: Edit[][] = [
    [{ do: 'patch', ids: [...ids] as [number, ...number[]], at }],
    // The loss reads every row but the last; nothing else comes after this site.
    [{ do: 'zero', at: last, positions: 'last' }],
  ]
  const p = await plan(engine, [{ ids, read: { metric: 'loss' } }], runs, { budget: ROOM })
  const clean = await plan(engine, [{ ids, read: { metric: 'loss' } }], [], { budget: ROOM })
  expect(p.flops).toBe(clean.flops)
  const found = await counted(engine, p)
  expect(found.get('0 of 0')).toBe(found.get('-1 of 0'))
  expect(found.get('1 of 0')).toBe(found.get('-1 of 0'))
})

/** The number of rows that `plan` computes grows with what an edit can change, and with nothing else. */
test('an edit at a later position or layer costs less', async () => {
  await using engine = await engineOf(tiny('gqa'))
  const [ids] = TEXTS
  const cost = async (layer: number, position: number) => {
    const edit: Edit = { do: 'zero', at: { site: 'resid_pre', layer, stack: 'decoder' }, positions: [position] }
    return (await plan(engine, [{ ids, read: { metric: 'loss' } }], [[edit]], { budget: ROOM })).flops
  }
  for (let position = 0; position < 4; position++) {
    expect(await cost(1, position)).toBeGreaterThan(await cost(1, position + 1))
    expect(await cost(0, position)).toBeGreaterThan(await cost(1, position))
  }
})

describe('negative control: a planner that is one off is caught', () => {
  const other = (lane: Lane, engine: Engine): Lane => ({
    ...lane,
    edits: lane.edits.map(e => {
      if (!e.edit.groups) return e
      const groups = e.edit.groups.map(g => (g + 1) % engine.config.groups) as [number, ...number[]]
      return { ...e, edit: { ...e.edit, groups } }
    }),
  })
  test.each([
    ['nothing', (lane: Lane) => lane, false],
    [
      'one row late',
      (lane: Lane) => ({ ...lane, first: lane.first + 1, kept: Math.max(lane.kept, lane.first + 1) }),
      true,
    ],
    ['one layer late', (lane: Lane) => ({ ...lane, start: lane.start + 1 }), true],
    ['one group off', other, true],
  ] as const)('%s', async (_, wrong, caught) => {
    await using engine = await engineOf(tiny('gqa'))
    const [ids] = TEXTS
    const at = { layer: 0, stack: 'decoder' } as const
    const runs: Edit[][] = [
      [{ do: 'scale', by: 3, at: { ...at, site: 'v' }, groups: [0], positions: [2] }],
      [{ do: 'scale', by: 3, at: { ...at, site: 'k' }, groups: [1] }],
    ]
    const sample: Sample = { ids, read: { metric: 'loss' } }
    const expected = await collect(naive(await plan(engine, [sample], runs, { budget: ROOM })))
    planner.wrong = lane => wrong(lane, engine)
    const found = await plan(engine, [sample], runs, { budget: ROOM }).then(p => collect(execute(p)))
    expect(far(found, expected).length > 0).toBe(caught)
  })
})

test('small parts have the same bits in whatever order and company they are computed', async () => {
  await using engine = await engineOf(tiny('gqa'))
  const { layers, heads } = engine.config
  const runs = Array.from({ length: layers * heads }, (_, i): Edit[] => [
    { do: 'zero', at: { site: 'z', layer: Math.floor(i / heads), stack: 'decoder' }, heads: [i % heads] },
  ])
  const samples = samplesOf(TEXTS, [{ metric: 'loss' }, { metric: 'kl' }, { metric: 'loss' }])
  const whole = await collect(execute(await plan(engine, samples, runs, { budget: ROOM })))
  // Parts of a tiny model would hold everything; a small budget cuts them.
  const { peakBytes } = await plan(engine, samples, runs, { budget: ROOM, parts: 'small' })
  const small = () => plan(engine, samples, runs, { budget: Math.ceil(peakBytes * 0.5), parts: 'small' })
  const p = await small()
  expect(p.parts.length).toBeGreaterThan(2)
  const inOrder = await collect(execute(p))
  agree(inOrder, whole)
  const apart = new Map<string, number>()
  for (const part of [...p.parts.keys()].reverse())
    for (const [k, x] of await collect(execute(await small(), { parts: [part] }))) apart.set(k, x)
  expect(apart).toEqual(inOrder)
})

test('whoever computes several small parts of a text makes its clean pass once', async () => {
  await using engine = await engineOf(tiny('gqa'))
  const samples: Sample[] = [{ ids: TEXTS[0], read: { metric: 'loss' } }]
  const runs = Array.from({ length: engine.config.layers }, (_, layer): Edit[] => [
    { do: 'zero', at: { site: 'z', layer, stack: 'decoder' } },
  ])
  const { peakBytes } = await plan(engine, samples, runs, { budget: ROOM, parts: 'small' })
  const p = await plan(engine, samples, runs, { budget: peakBytes - 1, parts: 'small' })
  expect(p.parts.length).toBeGreaterThan(1)
  const ledger = newLedger()
  engine.ledger = ledger
  await collect(execute(p))
  engine.ledger = undefined
  const pass = flopsOf(
    engine.trace({ extent: engine.extent(6), probes: [], want: [point('resid_post', engine.config.layers - 1)] }),
    { batch: 1, time: 6 },
  )
  expect(p.flops - ledger.flops).toBe((p.parts.length - 1) * pass)
})
