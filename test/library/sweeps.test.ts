import '../support/allclose.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EditInput, type Grid, type Headwise, HeadwiseError, load, rerun, type Task } from '../../src/index.ts'
import type { Sweep, Swept } from '../../src/library/sweep.ts'
import type { ResultDocument } from '../../src/results/document.ts'
import { gridValues } from '../../src/results/grid.ts'
import { checkTask } from '../../src/results/input.ts'
import { toJson } from '../../src/results/json.ts'
import { readResult } from '../../src/results/read.ts'
import { naive } from '../../src/runs/naive.ts'
import { f32 } from '../../src/words/arrays.ts'
import { fixture, json, tensors } from '../support/models.ts'
import { refusal } from '../support/refusal.ts'

interface PatchGolden {
  readonly clean: string
  readonly corrupt: string
  readonly answer: string
  readonly wrong: string
  readonly m_clean: number
  readonly m_corrupt: number
}
const golden = json<PatchGolden>(fixture('golden-specimen/ioi_patching.json'))
const TEXT = 'Tom saw a cat. The cat saw Tom.'
const people = [
  ['Lily', 'Jack', 'market', 'kite'],
  ['Tom', 'Mary', 'park', 'coin'],
  ['Anna', 'Ben', 'school', 'book'],
  ['Ben', 'Lily', 'hill', 'ball'],
] as const
const sentence = ([a, b, place, thing]: (typeof people)[number], giver: string) =>
  `When ${a} and ${b} went to the ${place}, ${giver} gave a ${thing} to`
const task = (more: Partial<Task> = {}): Task =>
  checkTask(
    {
      name: 'who receives',
      form: 'next',
      metric: 'logit_diff',
      pairs: people.map(p => ({
        clean: sentence(p, p[1]),
        corrupt: sentence(p, p[0]),
        answers: [` ${p[0]}`],
        distractors: [` ${p[1]}`],
      })),
      ...more,
    },
    'task',
  )
/** Few prompts where nothing depends on how many: sweeps of 8 draws are long. */
const two = { ...task(), pairs: task().pairs!.slice(0, 2) } as Task
const one = checkTask(
  {
    name: 'golden',
    form: 'next',
    metric: 'logit_diff',
    pairs: [{ clean: golden.clean, corrupt: golden.corrupt, answers: [golden.answer], distractors: [golden.wrong] }],
  },
  'task',
)

let m: Headwise
beforeAll(async () => {
  m = await load('specimen', { threads: 2 })
})
afterAll(async () => {
  await m[Symbol.asyncDispose]()
})
const data = (grid: Grid, part: 'values' | 'low' | 'high' | 'p' | 'q' = 'values') =>
  gridValues({ ...grid, values: grid[part]! }).data
const cell = (grid: Grid, layer: number, head: number) => data(grid)[layer * m.config.heads + head]!

describe('patch', () => {
  test.each([
    ['z', 'patch_z_recovery'],
    ['resid_pre', 'patch_resid_recovery'],
  ] as const)('%s by its default: the golden recoveries to 1e-4', async (site, name) => {
    const expected = (await tensors(fixture('golden-specimen/ioi_patching.safetensors')))(name)
    const { document, clean, corrupt } = await (await m.planPatching({ task: one, site })).execute()
    const { shape } = gridValues(document)
    expect(f32(shape, Float32Array.from(data(document)))).toBeAllclose(expected, { atol: 1e-4 })
    expect([clean, corrupt].map((x, i) => Math.abs(x - [golden.m_clean, golden.m_corrupt][i]!) < 1e-4)).toEqual([
      true,
      true,
    ])
    expect([document.low, document.n]).toEqual([undefined, 1])
  })
  test('positions carry their tokens, and both where the texts differ', async () => {
    const grid = await m.patch({ task: one, site: 'resid_pre' })
    expect(grid.axes[1]?.labels?.slice(-6)).toEqual([',', ' Jack/ Lily', ' gave', ' a', ' kite', ' to'])
  })
  test('several prompts: Σ/Σ over prompts, as computed run by run, with an interval', async () => {
    const grid = await m.patch({ task: task(), site: 'z' })
    const parts = await Promise.all(
      [0, 1, 2, 3].map(async i => {
        const pairs = task().pairs!
        const only = { ...task(), pairs: [pairs[i]!] } as Task
        return await (await m.planPatching({ task: only, site: 'z' })).execute()
      }),
    )
    const spans = parts.map(p => p.clean - p.corrupt)
    const recovered = parts.map((p, i) => cell(p.document, 4, 2) * spans[i]!)
    const expected = recovered.reduce((a, b) => a + b, 0) / spans.reduce((a, b) => a + b, 0)
    expect(cell(grid, 4, 2)).toBeCloseTo(expected, 5)
    expect(data(grid, 'low')[34]!).toBeLessThan(cell(grid, 4, 2))
    expect(data(grid, 'high')[34]!).toBeGreaterThan(cell(grid, 4, 2))
  })
  test('all positions of the first residual are the other text, denoising and noising', async () => {
    const layers = async (direction: 'denoising' | 'noising') =>
      data(await m.patch({ task: task(), site: 'resid_pre', by: 'layer', direction }))
    for (const x of await layers('denoising')) expect(x).toBeCloseTo(1, 4)
    for (const x of await layers('noising')) expect(x).toBeCloseTo(0, 4)
  })
  test('where the texts do not differ yet nothing is patched: recovery 0 denoising, 1 noising', async () => {
    const at = [0, 1, 2]
    for (const [direction, expected] of [
      ['denoising', 0],
      ['noising', 1],
    ] as const)
      for (const x of data(await m.patch({ task: task(), site: 'resid_pre', at, direction })))
        expect(x).toBeCloseTo(expected, 4)
  })
  test('positions patched together are what the names say', async () => {
    const different = await m.patch({ task: one, site: 'resid_pre', at: 'different' })
    const byPosition = await m.patch({ task: one, site: 'resid_pre' })
    expect(different.axes.map(a => a.name)).toEqual(['layer'])
    for (let layer = 0; layer < 8; layer++)
      expect(data(different)[layer]).toBeCloseTo(data(byPosition)[layer * 15 + 10]!, 5)
  })
  test('groups at k and v, heads at patterns, positions outside the layers', async () => {
    expect((await m.patch({ task: one, site: 'v' })).axes.map(a => [a.name, a.size])).toEqual([
      ['layer', 8],
      ['group', 8],
    ])
    const z = await m.patch({ task: one, site: 'z' })
    const out = await m.patch({ task: one, site: 'head_out' })
    for (const [i, x] of data(z).entries()) expect(data(out)[i]).toBeCloseTo(x, 4)
    const embed = data(await m.patch({ task: one, site: 'embed' }))
    expect(embed).toHaveLength(15)
    expect(embed[10]).toBeCloseTo(1, 4)
  })
  test('continuations of several tokens: the sequence form', async () => {
    const sequence = task({ form: 'sequence', metric: 'sequence_logprob' } as Partial<Task>)
    const grid = await m.patch({ task: sequence, site: 'resid_pre', by: 'layer' })
    for (const x of data(grid)) expect(x).toBeCloseTo(1, 4)
    const last = data(await m.patch({ task: sequence, site: 'resid_post', at: 'last' }))
    expect(last.at(-1)).toBeCloseTo(1, 4)
  })
  test.each<[string, () => Promise<unknown>, string]>([
    ['a task without pairs', () => m.patch({ task: noPairs, site: 'z' }), 'task-side'],
    ['a loss', () => m.patch({ task: task({ metric: 'loss' } as Partial<Task>), site: 'z' }), 'patch-metric'],
    ['heads of the stream', () => m.patch({ task: one, site: 'resid_pre', by: 'head' }), 'patch'],
    ['positions together, one by one', () => m.patch({ task: one, site: 'z', by: 'position', at: 'last' }), 'patch'],
    ['a position outside', () => m.patch({ task: one, site: 'z', at: [40] }), 'places'],
    ['texts of unequal length', () => m.patch({ task: unequal, site: 'z' }), 'patch'],
    ['equal texts', () => m.patch({ task: same, site: 'z' }), 'ratio-denominator'],
  ])('%s is refused', async (_, work, code) => expect(await refusal(work)).toMatchObject({ code }))
  const noPairs = checkTask(
    {
      name: 'p',
      form: 'next',
      metric: 'logit_diff',
      prompts: [{ text: TEXT, answers: [' Tom'], distractors: [' Mary'] }],
    },
    'task',
  )
  const [pair] = one.pairs!
  const unequal = { ...one, pairs: [{ ...pair!, corrupt: `${pair!.corrupt} the` }] } as Task
  const same = { ...one, pairs: [{ ...pair!, corrupt: pair!.clean }] } as Task
})

describe('ablate', () => {
  test('resample: the mean of 8 draws, each as computed alone', async () => {
    const sweep = await m.planAblation({ mode: 'resample', task: two })
    const { document: grid, clean } = await sweep.execute()
    const draws = Array.from({ length: 8 }, (_, draw) => (4 * 8 + 2) * 8 + draw)
    const only = [0, 1].flatMap(sample => [-1, ...draws].map(run => ({ run, sample })))
    const alone = new Map<string, number>()
    for await (const { run, sample, value } of naive(sweep.plan, { only })) alone.set(`${run} ${sample}`, value)
    const mean = (xs: number[]) => xs.reduce((a, b) => a + b, 0) / xs.length
    const effects = [0, 1].map(s => mean(draws.map(run => alone.get(`${run} ${s}`)!)) - alone.get(`-1 ${s}`)!)
    expect(cell(grid, 4, 2)).toBeCloseTo(mean(effects), 4)
    expect(clean).toBeCloseTo(mean([0, 1].map(s => alone.get(`-1 ${s}`)!)), 4)
    // Both prompts lose by it: the smallest p that two signs allow.
    expect(data(grid, 'p')[34]).toBe(2 / 4)
    expect(data(grid, 'q')[34]!).toBeGreaterThanOrEqual(2 / 4)
    expect(grid.spec.request.method).toMatchObject({ id: 'ablate-resample', parameters: { draws: 8 } })
  })
  test('templates are clusters: prompts of one template give no interval', async () => {
    const pairs = task().pairs!.map(p => ({ ...p, template: 'only one' }))
    const grid = await m.ablate({ mode: 'zero', task: { ...task(), pairs } as Task })
    expect([grid.low, grid.n]).toEqual([undefined, 4])
  })
  test('a prompt that no other is long enough for is left out and told of', async () => {
    const longer = task().pairs!.map((p, i) => (i === 2 ? { ...p, clean: `Once upon a time. ${p.clean}` } : p))
    const o = { mode: 'resample', heads: [{ layer: 4, head: 2 }], controls: 0 } as const
    const { document } = await m.control({ ...o, task: { ...task(), pairs: longer } as Task })
    expect([document.n, document.spec.check.dropped]).toEqual([3, ['pairs[2]: no other prompt is as long as this one']])
    // Continuations are not prompts of their own.
    const sequence = task({ form: 'sequence', metric: 'sequence_logprob' } as Partial<Task>)
    const { effect, document: continued } = await m.control({ ...o, task: sequence })
    expect([continued.n, effect < -1]).toEqual([4, true])
  })
  test.each(['prob_diff', 'accuracy', 'sequence_logprob', 'kl', 'loss'] as const)('measured by %s', async metric => {
    const grid = await m.ablate({ mode: 'zero', task: task({ metric } as Partial<Task>) })
    expect(grid.metric).toMatch(new RegExp(`^${metric}, head removed \\(zero\\) minus clean`))
    expect(grid.higherIsBetter).toBe(metric !== 'loss' && metric !== 'kl')
    expect([...data(grid)].every(Number.isFinite)).toBe(true)
    if (metric === 'kl') expect(Math.min(...data(grid))).toBeGreaterThan(-1e-6)
  })
  test('pairs of whole texts', async () => {
    const pairs = task().pairs!.map(({ clean, corrupt }) => ({ clean, corrupt }))
    const grid = await m.ablate({
      mode: 'zero',
      task: checkTask({ name: 'w', form: 'pair', metric: 'sequence_logprob', pairs }, 'task'),
    })
    expect(Math.abs(cell(grid, 4, 2))).toBeGreaterThan(0)
  })
  test.each<[string, () => Promise<unknown>]>([
    ['resample of a text', () => m.ablate({ mode: 'resample', text: TEXT })],
    ['resample of one prompt', () => m.ablate({ mode: 'resample', task: one })],
  ])('%s is refused', async (_, work) =>
    expect(await refusal(work)).toMatchObject({ code: 'baseline', fault: 'usage' }),
  )
})

describe('control', () => {
  const heads = [{ layer: 4, head: 2 }]
  test('a set of one head = its cell of the ablation; the others of its layer are the controls', async () => {
    const whole = await m.ablate({ mode: 'zero', task: task() })
    const { document, effect, controls, percentile, p } = await m.control({ mode: 'zero', task: task(), heads })
    expect(document.axes[0]?.labels).toEqual(['4.2', '4.0', '4.1', '4.3', '4.4', '4.5', '4.6', '4.7'])
    for (const [i, head] of [2, 0, 1, 3, 4, 5, 6, 7].entries())
      expect(data(document)[i]).toBeCloseTo(cell(whole, 4, head), 4)
    expect([effect, controls, percentile, p]).toEqual([data(document)[0], 7, 100, 1 / 8])
    expect([document.p !== undefined, document.q]).toEqual([true, undefined])
  })
  test('without controls there is no percentile', async () => {
    const result = await m.control({ mode: 'mean', text: TEXT, heads, controls: 0 })
    expect([result.controls, result.percentile, result.p]).toEqual([0, undefined, undefined])
  })
  test('a head that does not exist is refused', async () => {
    expect(await refusal(() => m.control({ mode: 'zero', text: TEXT, heads: [{ layer: 8, head: 0 }] }))).toMatchObject({
      code: 'heads',
    })
  })
})

describe('scale', () => {
  test('at 0 the zero ablation, at 1 nothing', async () => {
    const heads = [{ layer: 6, head: 5 }]
    const curve = await m.scale({ text: TEXT, heads, from: -1, to: 2, steps: 4 })
    expect(curve.axes[0]?.labels).toEqual(['-1', '0', '1', '2'])
    const [, zero, same] = data(curve)
    expect(zero).toBeCloseTo(cell(await m.ablate({ mode: 'zero', text: TEXT }), 6, 5), 5)
    expect(same).toBe(0)
  })
})

describe('knockout', () => {
  test('keys that come later than the query were never seen; windows take their layers together', async () => {
    const later = data(await m.knockout({ text: TEXT, queries: [2], keys: [5] }))
    for (const x of later) expect(Math.abs(x)).toBeLessThan(1e-6)
    const wide = data(await m.knockout({ text: TEXT, keys: [4], window: 16 }))
    for (const x of wide) expect(x).toBeCloseTo(wide[0]!, 5)
    expect(wide[0]!).toBeGreaterThan(1e-4)
  })
  test('every head of one layer at once is more than any of them, by a task of pairs', async () => {
    const by = async (by: 'layer' | 'head') => data(await m.knockout({ task: task(), keys: 'different', by }))
    const [layers, heads] = [await by('layer'), await by('head')]
    expect(heads).toHaveLength(64)
    expect(layers[4]!).toBeLessThan(-1)
    expect(heads[34]!).toBeLessThan(-1)
  })
  test('pairs of whole texts differ from each other; a text with two others has no one difference', async () => {
    const pairs = [
      { clean: 'The dog is big.', corrupt: 'The dog are big.' },
      { clean: 'Tom has a cat.', corrupt: 'Tom have a cat.' },
    ]
    const whole = (rows: object[]) =>
      checkTask({ name: 'w', form: 'pair', metric: 'sequence_logprob', pairs: rows }, 'task')
    const { plan } = await m.planKnockout({ task: whole(pairs), keys: 'different' })
    expect(plan.runs[0]!.map(e => e.do === 'knockout' && [e.samples, e.keys])).toEqual([
      [[0, 1], [3]],
      [[2, 3], [2]],
    ])
    const twice = [...pairs, { clean: 'The dog is big.', corrupt: 'The dog has big.' }]
    const o = { task: whole(twice), keys: 'different' } as const
    expect(await refusal(() => m.knockout(o))).toMatchObject({ code: 'knockout-pairs', where: 'pairs[2]' })
  })
  test('a head has no window', async () => {
    const o = { text: TEXT, keys: 'first', by: 'head', window: 3 } as const
    expect(await refusal(() => m.knockout(o))).toMatchObject({ code: 'knockout-window' })
  })
})

test('self-repair: total = resample ablation, and total − direct = repair', async () => {
  const [total, direct, repair] = (await m.selfRepair({ task: two })).map(g => data(g))
  const resample = data(await m.ablate({ mode: 'resample', task: two }))
  for (let i = 0; i < 64; i++) {
    expect(total![i]).toBeCloseTo(resample[i]!, 4)
    expect(total![i]! - direct![i]!).toBeCloseTo(repair![i]!, 9)
  }
  expect(await refusal(() => m.selfRepair({ task: task({ metric: 'prob_diff' } as Partial<Task>) }))).toMatchObject({
    code: 'self-repair-metric',
  })
})

describe('every sweep', () => {
  const heads = [
    { layer: 6, head: 5 },
    { layer: 5, head: 4 },
  ]
  const sweeps: Record<string, () => Promise<Sweep>> = {
    'ablate-zero': () => m.planAblation({ mode: 'zero', text: TEXT }),
    'ablate-mean': () => m.planAblation({ mode: 'mean', task: two }),
    'ablate-resample': () => m.planAblation({ mode: 'resample', task: two, seed: 4 }),
    'ablate-heads': () => m.planControl({ mode: 'zero', text: TEXT, heads, controls: 5, seed: 2 }),
    'ablate-heads, resampled': () => m.planControl({ mode: 'resample', task: two, heads, controls: 3 }),
    'activation-patching': () => m.planPatching({ task: two, site: 'q', direction: 'noising', at: 'last' }),
    'attention-knockout': () => m.planKnockout({ text: TEXT, keys: { text: ' a' }, window: 2 }),
    'token-knockout': () => m.planKnockout({ text: TEXT, by: 'key', edits: [CUT] }),
    'head-scaling': () => m.planScaling({ text: TEXT, heads, steps: 3 }),
    'self-repair': () => m.planSelfRepair({ task: two }),
  }
  const CUT: EditInput = { do: 'knockout', at: { site: 'scores', layer: 4 }, heads: [2], queries: 'last', keys: [1] }
  const documentOf = async (sweep: Sweep): Promise<ResultDocument> => {
    const { document }: Swept = await sweep.execute()
    return readResult(toJson(document), 'result.json')
  }
  test.each(Object.keys(sweeps))('%s: computed again from its file, the same', async name => {
    const document = await documentOf(await sweeps[name]!())
    const { largest, tolerance, document: fresh } = await rerun(document, { threads: 1 })
    expect(largest).toBeLessThanOrEqual(tolerance)
    const hashes = [document, fresh].map(d => (Array.isArray(d) ? d : [d]).map(one => 'spec' in one && one.spec.hash))
    expect(hashes[1]).toEqual(hashes[0])
  })
  test.each(Object.keys(sweeps))('%s: planned again from its request alone, with equal parts', async name => {
    const sweep = await sweeps[name]!()
    const request = JSON.parse(toJson(sweep.spec.request)) as Sweep['spec']['request']
    const again = await m.planOfSpec(request)
    expect(again.spec.hash).toBe(sweep.spec.hash)
    expect(again.plan.runs).toEqual(sweep.plan.runs)
    const [a, b] = await Promise.all([
      m.planOfSpec(request, { parts: 'small' }),
      m.planOfSpec(request, { parts: 'small' }),
    ])
    expect(a!.plan.parts).toEqual(b!.plan.parts)
    expect(a!.spec.request.budget).toBe(2 * 2 ** 30)
  })
  test('a method that nobody knows, and parameters that make no sense, are refused', async () => {
    const { request } = (await sweeps['head-scaling']!()).spec
    const with_ = (method: object) => m.planOfSpec({ ...request, method: { ...request.method!, ...method } })
    expect(await refusal(() => with_({ id: 'head-shrinking' }))).toMatchObject({ code: 'request-method' })
    expect(await refusal(() => with_({ version: 2 }))).toMatchObject({ code: 'request-method' })
    expect(await refusal(() => with_({ parameters: { heads: [[1]] } }))).toBeInstanceOf(HeadwiseError)
  })
  test('it can be stopped', async () => {
    const sweep = await sweeps['ablate-resample']!()
    const stop = new AbortController()
    const onProgress = () => stop.abort()
    expect(await refusal(() => sweep.execute({ signal: stop.signal, onProgress }))).toMatchObject({
      code: 'interrupted',
    })
  })
})
