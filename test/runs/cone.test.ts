import { describe, expect, test } from 'vitest'
import { sub } from '../../src/graph/primitives/elementwise.ts'
import { sum } from '../../src/graph/primitives/reduce.ts'
import { decoder } from '../../src/models/decoder.ts'
import type { Model } from '../../src/models/model.ts'
import { boundary, firstRow, mixesRows } from '../../src/runs/cone.ts'
import { Engine } from '../../src/runs/engine.ts'
import { execute } from '../../src/runs/execute.ts'
import { explain } from '../../src/runs/explain.ts'
import { naive } from '../../src/runs/naive.ts'
import { plan } from '../../src/runs/plan.ts'
import type { Edit } from '../../src/words/edit.ts'
import { point, type Site } from '../../src/words/site.ts'
import { engineOf, tiny } from '../support/models.ts'

const IDS = [31, 11, 17, 6, 11, 23]

/** The table of the design: what is fed clean when one site of a layer is edited. */
test.each<[Site, Site[]]>([
  ['embed', ['embed']],
  ['resid_pre', ['resid_pre']],
  ['q', ['resid_pre', 'q', 'k', 'v']],
  ['k', ['resid_pre', 'q', 'k', 'v']],
  ['v', ['resid_pre', 'q', 'k', 'v']],
  ['scores', ['resid_pre', 'q', 'k', 'v']],
  ['pattern', ['resid_pre', 'q', 'k', 'v']],
  ['z', ['resid_pre', 'z']],
  ['head_out', ['resid_pre', 'head_out']],
  ['attn_out', ['resid_pre', 'attn_out']],
  ['mlp_act', ['resid_mid', 'mlp_act']],
  ['mlp_out', ['resid_mid', 'mlp_out']],
  ['resid_post', ['resid_post']],
])('an edit of %s is fed %j', async (site, fed) => {
  await using engine = await engineOf(tiny('gqa'))
  const layer = site === 'embed' ? 0 : 1
  expect(boundary(engine.model, engine.config, layer, [point(site, layer)]).map(p => p.site)).toEqual(fed)
})

test('several edits of one layer begin at the first of them', async () => {
  await using engine = await engineOf(tiny('gqa'))
  const fed = (...sites: Site[]) =>
    boundary(
      engine.model,
      engine.config,
      1,
      sites.map(s => point(s, 1)),
    ).map(p => p.site)
  expect(fed('z', 'mlp_out')).toEqual(['resid_pre', 'z'])
  expect(fed('resid_pre', 'z')).toEqual(['resid_pre'])
  expect(fed('q', 'k')).toEqual(['resid_pre', 'q', 'k', 'v'])
})

describe('the first row that an edit can change', () => {
  const at = { site: 'scores', layer: 0, stack: 'decoder' } as const
  test.each<[string, Edit, number, number | undefined]>([
    ['everywhere', { do: 'zero', at }, 0, 0],
    ['at positions', { do: 'zero', at, positions: [4, 2] }, 0, 2],
    ['at tokens', { do: 'zero', at, positions: { tokens: [11] } }, 0, 1],
    ['behind what a patch has in common', { do: 'zero', at }, 3, 3],
    ['nowhere', { do: 'zero', at, positions: [1] }, 3, undefined],
    ['the query of an edge', { do: 'knockout', at, queries: [5], keys: [1] }, 0, 5],
    ['a key that earlier queries do not see', { do: 'knockout', at, queries: 'all', keys: [3] }, 0, 3],
    ['a key behind the query', { do: 'knockout', at, queries: [2], keys: [4] }, 0, undefined],
  ])('%s', (_, edit, alike, row) => {
    expect(firstRow(edit, IDS, alike)).toBe(row)
  })
})

/** A model whose feed-forward part subtracts the sum over all rows: a change reaches rows before it. */
const mixing =
  (model: Model): Model =>
  (x, tap) => {
    const apply: typeof tap = Object.assign(
      (at: Parameters<typeof tap>[0], v: Parameters<typeof tap>[1]) =>
        at.site === 'mlp_sum' ? tap(at, sub(v, sum(v, 1))) : tap(at, v),
      { touches: tap.touches },
    )
    return model(x, apply)
  }

test('a model that mixes rows outside attention is computed run by run, and says so', async () => {
  await using plain = await engineOf(tiny('gqa'))
  expect(mixesRows(plain.model, plain.config)).toBeUndefined()
  const model = mixing(decoder(plain.config))
  await using engine = new Engine(plain.config, plain.weights, plain.backend, 'once', model)
  expect(mixesRows(model, plain.config)).toMatch(/^sum in /)
  const edit: Edit = { do: 'zero', at: { site: 'z', layer: 1, stack: 'decoder' }, positions: 'last' }
  const p = await plan(engine, [{ ids: IDS, read: { metric: 'loss' } }], [[edit]], { budget: 2 ** 30 })
  expect(p.fallback).toContain('mixes rows outside attention')
  expect(p.flops).toBe(p.naiveFlops)
  expect((await explain(p)).passes).toBe(0)
  const [found, alone]: number[][] = [[], []]
  for await (const { value } of execute(p)) found!.push(value)
  for await (const { value } of naive(p)) alone!.push(value)
  expect(found).toEqual(alone)
  // The last row's change reaches the loss of the rows before it.
  expect(found![1]).not.toBe(found![0])
})

test('what a plan will do, layer by layer', async () => {
  await using engine = await engineOf(tiny('gqa'))
  const { layers, heads } = engine.config
  const runs = Array.from({ length: layers * heads }, (_, i): Edit[] => [
    { do: 'zero', at: { site: 'z', layer: Math.floor(i / heads), stack: 'decoder' }, heads: [i % heads] },
  ])
  const p = await plan(engine, [{ ids: IDS, read: { metric: 'loss' } }], runs, { budget: 2 ** 30 })
  const told = await explain(p)
  expect(told).toMatchObject({ runs: runs.length, unchanged: 0, passes: 1, parts: 1 })
  expect(told.layers.map(l => [l.begin, l.carried])).toEqual(told.layers.map((_, l) => [heads, heads * l]))
  expect(told.layers.map(l => l.fed)).toEqual(told.layers.map(() => ['resid_pre', 'z']))
})
