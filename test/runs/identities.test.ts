import '../support/allclose.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkEdits } from '../../src/results/input.ts'
import { tokenFeeds } from '../../src/runs/batch.ts'
import type { Engine } from '../../src/runs/engine.ts'
import { captureBytes, pointsOf, runSequence } from '../../src/runs/run.ts'
import { f32, type NDArray } from '../../src/words/arrays.ts'
import { type Point, point, pointKey, SITES, type Site, siteNames } from '../../src/words/site.ts'
import { engineOf, tiny } from '../support/models.ts'

const IDS = [31, 11, 17, 6, 63, 23, 61, 11]
const LAYER = 1

describe.each([
  ['bias', 'cpu'],
  ['gqa', 'cpu'],
  ['bias', 'reference'],
] as const)('%s on %s', (name, device) => {
  let engine: Engine
  beforeAll(async () => {
    engine = await engineOf(tiny(name), device)
  })
  afterAll(async () => {
    await engine[Symbol.asyncDispose]()
  })

  const run = (edits: readonly unknown[] = [], sites: readonly Site[] = []) =>
    runSequence(engine, IDS, {
      edits: checkEdits(edits, 'edits'),
      capture: sites.map(site => point(site, LAYER)),
      allLogits: true,
    })
  const at = (site: Site) => (SITES[site].perLayer ? { site, layer: LAYER } : { site })
  const values = async (sites: readonly Site[], edits: readonly unknown[] = []) => {
    const { captured } = await run(edits, sites)
    return (site: Site) => captured.get(pointKey(point(site, LAYER)))!
  }
  const plus = (...parts: NDArray<'f32'>[]) =>
    f32(
      parts[0]!.shape,
      parts[0]!.data.map((_, i) => parts.reduce((s, p) => s + p.data[i]!, 0)),
    )

  test('Σ head_out + bias = attn_sum', async () => {
    const get = await values(['head_out', 'attn_sum'])
    const { heads, dim, attentionBias } = engine.config
    const parts = get('head_out')
    const bias = attentionBias
      ? engine.weights.read(`model.layers.${LAYER}.self_attn.o_proj.bias`)
      : new Float32Array(dim)
    const total = get('attn_sum').data.map((_, i) => {
      const [t, d] = [Math.floor(i / dim), i % dim]
      let sum = bias[d]!
      for (let h = 0; h < heads; h++) sum += parts.data[(t * heads + h) * dim + d]!
      return sum
    })
    expect(get('attn_sum')).toBeAllclose(f32(get('attn_sum').shape, total), { atol: 1e-6 })
  })

  test('the residual stream adds up', async () => {
    const get = await values(['resid_pre', 'attn_out', 'resid_mid', 'mlp_out', 'resid_post'])
    expect(get('resid_mid')).toBeAllclose(plus(get('resid_pre'), get('attn_out')), { atol: 1e-6 })
    expect(get('resid_post')).toBeAllclose(plus(get('resid_pre'), get('attn_out'), get('mlp_out')), { atol: 1e-6 })
  })

  test("zeroing a head's pattern = zeroing its z", async () => {
    const where = { heads: [2], positions: [3, 6] }
    const [pattern, z] = await Promise.all([
      run([{ do: 'set', value: 0, at: at('pattern'), ...where }]),
      run([{ do: 'zero', at: at('z'), ...where }]),
    ])
    expect(pattern.logits).toBeAllclose(z.logits, { atol: 1e-6 })
    expect(pattern.logits).not.toBeAllclose((await run()).logits, { atol: 1e-4 })
  })

  test.each(siteNames)('a null edit at %s changes nothing', async site => {
    const [clean, scaled, patched] = await Promise.all([
      run(),
      run([{ do: 'scale', by: 1, at: at(site) }]),
      run([{ do: 'patch', ids: IDS, at: at(site) }]),
    ])
    expect(scaled.logits).toBeAllclose(clean.logits, { atol: 1e-6 })
    expect(patched.logits).toBeAllclose(clean.logits, { atol: 2e-6 })
  })

  test('a null edit in the same graph changes no bit', async () => {
    const graph = (by: number, positions: number[]) => run([{ do: 'scale', by, at: at('z'), positions }])
    // Whatever is computed with x' = 1·x + 0 everywhere is what is computed where the edit addresses other cells.
    const [one, again] = await Promise.all([graph(1, [2]), graph(1, [5])])
    expect(one.logits.data).toEqual(again.logits.data)
    expect((await graph(0, [5])).logits.data).not.toEqual(again.logits.data)
  })

  test.each(siteNames.filter(s => s !== 'logits'))('feeding the captured %s back changes nothing', async site => {
    const p = point(site, LAYER)
    const extent = engine.extent(IDS.length)
    const clean = await engine.run({ extent, probes: [], want: [p, point('logits')] }, tokenFeeds([IDS]))
    const fed = await engine.run(
      { extent, probes: [{ at: p, do: 'feed' }], want: [point('logits')] },
      { ...tokenFeeds([IDS]), [`feed:${pointKey(p)}`]: clean[pointKey(p)]! },
    )
    expect(fed.logits!).toBeAllclose(clean.logits!, { atol: 1e-6 })
  })

  test('layer by layer = whole', async () => {
    const capture: Point[] = siteNames.flatMap(site => pointsOf(site, engine.config.layers))
    const edits = checkEdits(
      [
        { do: 'scale', by: 0.5, at: at('resid_pre') },
        { do: 'knockout', keys: [0], at: { site: 'scores', layer: 0 }, heads: [1] },
        { do: 'add', value: 0.25, at: { site: 'embed' }, positions: [1] },
      ],
      'edits',
    )
    const whole = await runSequence(engine, IDS, { capture, edits, allLogits: true })
    const layers: string[] = []
    const parts = new Map<string, NDArray<'f32'>>()
    const rows: number[] = []
    // Room for the captures of one layer and the logits, not for those of all layers.
    const oneLayer = capture.filter(p => p.layer === LAYER)
    const logits = captureBytes(engine, [point('logits')], IDS.length)
    const layered = await runSequence(engine, IDS, {
      capture,
      edits,
      allLogits: true,
      budget: captureBytes(engine, oneLayer, IDS.length) + logits,
      sink: async (p, value) => {
        if (p.site === 'logits') rows.push(...value.data)
        else parts.set(pointKey(p), f32(value.shape, value.data.slice()))
      },
      onProgress: ({ what, done }) => layers.push(`${what} ${done}`),
    })
    expect(layers).toHaveLength(engine.config.layers)
    expect(layered.captured.size).toBe(0)
    expect(f32(whole.logits.shape, Float32Array.from(rows))).toBeAllclose(whole.logits, { atol: 1e-6 })
    for (const [key, value] of whole.captured)
      if (key !== 'logits') expect(parts.get(key), key).toBeAllclose(value, { atol: 1e-6 })
  })

  test('knocking out every key of a row gives zeros', async () => {
    const get = await values(['pattern', 'z'], [{ do: 'knockout', queries: [4], at: at('scores'), heads: [1] }])
    const { heads, headDim } = engine.config
    const time = IDS.length
    expect([...get('pattern').data.slice((1 * time + 4) * time, (1 * time + 5) * time)]).toEqual(
      new Array(time).fill(0),
    )
    const z = (t: number, h: number) => [
      ...get('z').data.slice((t * heads + h) * headDim, (t * heads + h + 1) * headDim),
    ]
    expect(z(4, 1)).toEqual(new Array(headDim).fill(0))
    expect(z(4, 0).some(x => x !== 0)).toBe(true)
  })

  test('the edges that are left share the attention', async () => {
    const clean = (await values(['pattern']))('pattern')
    const cut = (await values(['pattern'], [{ do: 'knockout', queries: [5], keys: [0, 3], at: at('scores') }]))(
      'pattern',
    )
    const time = IDS.length
    for (let h = 0; h < engine.config.heads; h++) {
      const row = (p: NDArray<'f32'>) => [...p.data.slice((h * time + 5) * time, (h * time + 6) * time)]
      const left = 1 - row(clean)[0]! - row(clean)[3]!
      row(cut).forEach((x, k) => {
        expect(x).toBeCloseTo(k === 0 || k === 3 ? 0 : row(clean)[k]! / left, 5)
      })
    }
  })

  /** Sites in the order in which a layer computes them; q, k and v stand side by side. */
  const order: readonly Site[][] = [
    ['resid_pre'],
    ['q_raw', 'k_raw', 'v_raw'],
    ['q', 'k', 'v'],
    ['scores'],
    ['pattern'],
    ['z'],
    ['head_out'],
    ['attn_sum'],
    ['attn_out'],
    ['resid_mid'],
    ['mlp_act'],
    ['mlp_sum'],
    ['mlp_out'],
    ['resid_post'],
  ]
  test.each(order.flat())(
    'an edit of %s changes what comes after it, and what is captured there is edited',
    async site => {
      const rank = order.findIndex(group => group.includes(site))
      const sites = order.flat()
      const [clean, edited] = await Promise.all([values(sites), values(sites, [{ do: 'scale', by: 3, at: at(site) }])])
      for (const before of order.slice(0, rank + 1).flat())
        if (before !== site) expect(edited(before), before).toBeAllclose(clean(before), { atol: 1e-6 })
      expect(edited(site)).toBeAllclose(
        f32(
          clean(site).shape,
          clean(site).data.map(x => 3 * x),
        ),
        { atol: 1e-5, rtol: 1e-5 },
      )
      expect(edited('resid_post')).not.toBeAllclose(clean('resid_post'), { atol: 1e-3 })
    },
  )

  /** Causal attention lets no row see a later one, and padding stands behind: no key mask is needed. */
  test('a padded batch of unequal texts = each text alone', async () => {
    const texts = [IDS, [5], [9, 9, 2, 40], IDS.slice(0, 7)]
    const { vocab } = engine.config
    const out = await engine.run(
      { extent: engine.extent(IDS.length), probes: [], want: [point('logits')] },
      tokenFeeds(texts),
    )
    for (const [s, ids] of texts.entries()) {
      const start = s * IDS.length * vocab
      const own = f32([ids.length, vocab], (out.logits!.data as Float32Array).slice(start, start + ids.length * vocab))
      const alone = await runSequence(engine, ids, { allLogits: true })
      expect(own).toBeAllclose(alone.logits, { atol: 1e-6 })
    }
  })
})
