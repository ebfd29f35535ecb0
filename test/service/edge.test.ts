import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkEdits } from '../../src/results/input.ts'
import type { Engine } from '../../src/runs/engine.ts'
import { runSequence } from '../../src/runs/run.ts'
import { Edges } from '../../src/service/edge.ts'
import { Passes } from '../../src/service/passes.ts'
import { Rows } from '../../src/service/rows.ts'
import type { EditInput } from '../../src/words/edit.ts'
import { point, pointKey, type Site } from '../../src/words/site.ts'
import '../support/cache.ts'
import { engineOf, tiny } from '../support/models.ts'
import { largest } from './support.ts'

/** The specimen has a key for every head; in the other model two heads share one. Texts of one block, and of several. */
const MODELS = { specimen: [9, 300], gqa: [9] } as const
type Name = keyof typeof MODELS
const engines = new Map<Name, Engine>()
beforeAll(async () => {
  engines.set('specimen', await engineOf('specimen'))
  engines.set('gqa', await engineOf(tiny('gqa')))
})
afterAll(async () => {
  for (const engine of engines.values()) await engine[Symbol.asyncDispose]()
})

const LAYER = 1
const at = (site: Site) => ({ site, layer: LAYER })
/** Each changes what an edge shows: q, k, v, z, the scores, what comes before all of them; or nothing of it. */
const EDITS: Readonly<Record<string, EditInput[]>> = {
  'no edits': [],
  'a query scaled': [{ do: 'scale', by: 0.5, at: at('q'), heads: [3], positions: 'last' }],
  'a key replaced': [{ do: 'set', value: 0.25, at: at('k'), groups: [1], positions: [2] }],
  'a temperature': [{ do: 'temperature', tau: 2, at: at('scores') }],
  'an edge knocked out': [{ do: 'knockout', at: at('scores'), heads: [3], queries: 'last', keys: [2] }],
  'a value replaced': [{ do: 'set', value: 0.25, at: at('v'), groups: [1], positions: [2] }],
  'a head off': [{ do: 'zero', at: at('z'), heads: [3] }],
  'another residual': [{ do: 'scale', by: 0.5, at: at('resid_pre') }],
  'a later layer': [{ do: 'zero', at: at('mlp_out') }],
}

const cases = (Object.keys(MODELS) as Name[]).flatMap(name =>
  MODELS[name].flatMap(length => Object.entries(EDITS).map(([title, edits]) => ({ name, length, title, edits }))),
)
test.for(cases)('$title, $length tokens of $name: what an edge holds is what a run captures', async c => {
  const engine = engines.get(c.name)!
  const { heads, groups, headDim, vocab } = engine.config
  const edits = checkEdits(c.edits, 'edits')
  const ids = Array.from({ length: c.length }, (_, i) => (i * 7 + 3) % vocab)
  const sites = (['q', 'k', 'v', 'z', 'scores', 'pattern'] as const).map(site => point(site, LAYER))
  const { captured } = await runSequence(engine, ids, { edits, capture: sites })
  const read = (site: Site) => captured.get(pointKey(point(site, LAYER)))!.data
  const passes = new Passes(engine, { encode: async () => [] })
  const edges = new Edges(new Rows())
  const last = c.length - 1
  for (const head of [0, 3])
    for (const [query, key] of [
      [last, 2],
      [last, last],
      [0, 0],
      [Math.floor(c.length / 2), 1],
    ] as const) {
      const edge = await edges.edge(await passes.edited(ids, edits), { layer: LAYER, head, query, key }, {})
      const vector = (site: Site, i: number) => read(site).slice(i * headDim, (i + 1) * headDim)
      expect(largest(edge.q.data, vector('q', query * heads + head))).toBeLessThan(1e-4)
      expect(largest(edge.k.data, vector('k', key * groups + Math.floor((head * groups) / heads)))).toBeLessThan(1e-4)
      const group = Math.floor((head * groups) / heads)
      expect(largest(edge.v.data, vector('v', key * groups + group))).toBeLessThan(1e-4)
      const z = vector('z', query * heads + head)
      expect(largest(edge.z.data, z)).toBeLessThan(1e-4)
      // z is the values by their shares, unless it is edited itself.
      const off = c.title === 'a head off' && head === 3
      if (off) expect(z.every(x => x === 0) && edge.mixed.data.some(x => x !== 0)).toBe(true)
      else expect(largest(edge.mixed.data, z)).toBeLessThan(1e-4)
      const cell = (head * c.length + query) * c.length + key
      expect(Math.abs(edge.share - read('pattern')[cell]!)).toBeLessThan(1e-5)
      const score = read('scores')[cell]!
      const out = score === Number.NEGATIVE_INFINITY
      expect(out).toBe(c.title === 'an edge knocked out' && head === 3 && query === last && key === 2)
      if (out) expect(edge).toMatchObject({ score, share: 0 })
      else expect(Math.abs(edge.score - score)).toBeLessThan(1e-4)
      const product = edge.q.data.reduce((sum, x, i) => sum + x * edge.k.data[i]!, 0) * edge.scale
      const expected = c.title === 'a temperature' ? score * 2 : score
      if (!out) expect(Math.abs(product - expected)).toBeLessThan(1e-4)
    }
})
