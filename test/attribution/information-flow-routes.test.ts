import { afterAll, beforeAll, expect, test } from 'vitest'
import { contributions, informationFlowRoutes, type LayerParts } from '../../src/attribution/information-flow-routes.ts'
import type { Headwise } from '../../src/library/headwise.ts'
import { load } from '../../src/library/load.ts'
import { Service } from '../../src/service/service.ts'
import type { EditInput } from '../../src/words/edit.ts'
import type { RouteEdge, RouteGraph } from '../../src/words/routes.ts'
import '../support/cache.ts'

let m: Headwise
let service: Service
let ids: number[]
beforeAll(async () => {
  m = await load('specimen', { threads: 2 })
  service = new Service(m, { name: 'specimen', specimen: true, notice: 'ours', version: '0', budget: 2 ** 30 })
  ids = await (await m.tokenizer()).encode('One day Lily found a shiny key. Ben lost the shiny')
})
afterAll(() => m[Symbol.asyncDispose]())

const f = (...x: number[]) => Float32Array.from(x)

test('a part counts by how much nearer to the sum it brings: known cases', () => {
  expect([...contributions(f(3, 1), [f(2, 0), f(1, 1)])]).toEqual([0.5, 0.5])
  // ‖y‖ = 4; without the first part 1 is left, without the second 3.
  expect([...contributions(f(3, 1), [f(3, 0), f(0, 1)])]).toEqual([0.75, 0.25])
  // What leads away counts nothing.
  expect([...contributions(f(1, 0), [f(2, 0), f(-1, 0)])]).toEqual([0, 0])
  expect([...contributions(f(2, 0), [f(3, 0), f(-1, 0)])]).toEqual([1, 0])
  // Half of the sum is in no part.
  expect([...contributions(f(2, 2), [f(2, 0)])]).toEqual([0.5])
  expect([...contributions(f(0, 0), [f(0, 0)])]).toEqual([0])
})

/** One layer, two positions, one head of one dimension, a residual of two: all numbers written out. */
test('a model small enough to follow by hand', async () => {
  const layer: LayerParts = {
    residPre: f(9, 9, 1, 0),
    pattern: f(1, 0, 0.5, 0.5),
    v: f(4, 2),
    z: f(4, 3),
    output: f(0, 1),
    // Position 1: residual (1, 0) + 0.5·(0, 4) + 0.5·(0, 2).
    residMid: f(9, 13, 1, 3),
    mlpOut: f(0, 0, 4, 0),
    residPost: f(9, 13, 5, 3),
  }
  const c = { layers: 1, heads: 1, groups: 1, headDim: 1, dim: 2 }
  const { edges, notDrawn } = await informationFlowRoutes(c, async () => layer, { position: 1, threshold: 0.01 })
  expect(notDrawn).toBe(0)
  const told = edges.map(e => `${e.part} ${e.from.position} ${e.to.site} ${e.contribution}`)
  expect(told).toEqual([
    'residual 1 resid_post 0.5',
    'mlp 1 resid_post 0.5',
    'residual 1 resid_mid 0.25',
    'head 0 resid_mid 0.5',
    'head 1 resid_mid 0.25',
  ])
  const few = await informationFlowRoutes(c, async () => layer, { position: 1, threshold: 0.3 })
  expect(few.edges.filter(e => e.to.site === 'resid_mid').map(e => e.from.position)).toEqual([0])
  expect(few.nodes.map(n => `${n.site} ${n.position}`)).toEqual(['resid_post 1', 'resid_mid 1', 'resid_pre 0'])
  // Nothing is missing at the top; after attention 0.25 twice.
  expect(few.notDrawn).toBe(0.25)
  // A head whose z is half of pattern·v writes half; one whose z is another has no keys.
  const half = { ...layer, z: f(4, 1.5), residMid: f(9, 13, 1, 1.5), residPost: f(9, 13, 5, 1.5) }
  const scaled = await informationFlowRoutes(c, async () => half, { position: 1, threshold: 0.01 })
  expect(scaled.edges.filter(e => e.part === 'head').map(e => e.contribution)).toEqual([0.4, 0.2])
})

/** Every node, slowly and in the definition's order: each key's value through W_O in double precision. */
async function byHand(edits: EditInput[], off: readonly string[]) {
  const { layers, heads, headDim, dim } = m.config
  const time = ids.length
  const sites = ['resid_pre', 'resid_mid', 'resid_post', 'mlp_out', 'v', 'pattern', 'attn_out'] as const
  const run = await m.run(ids, { capture: [...sites], edits })
  const read = Object.fromEntries(sites.map(s => [s, run.get(s).data])) as Record<(typeof sites)[number], Float32Array>
  const shares = new Map<string, number>()
  let apart = 0
  const share = (node: string, y: number[], parts: ReadonlyMap<string, number[]>) => {
    const norm = (x: number[]) => x.reduce((s, a) => s + Math.abs(a), 0)
    const sum = y.map((_, i) => [...parts.values()].reduce((s, part) => s + part[i]!, 0))
    apart = Math.max(apart, norm(y.map((x, i) => x - sum[i]!)) / norm(y))
    const near = [...parts].map(
      ([name, part]) => [name, Math.max(0, norm(y) - norm(y.map((x, i) => x - part[i]!)))] as const,
    )
    const all = near.reduce((s, [, x]) => s + x, 0)
    for (const [name, x] of near) shares.set(`${node} ${name}`, x / all)
  }
  for (let l = 0; l < layers; l++) {
    const output = m.engine.weights.read(`model.layers.${l}.self_attn.o_proj.weight`)
    for (let q = 0; q < time; q++) {
      const row = (site: 'resid_pre' | 'resid_mid' | 'resid_post' | 'mlp_out', i = q) => [
        ...read[site].subarray((l * time + i) * dim, (l * time + i + 1) * dim),
      ]
      const parts = new Map([['residual', row('resid_pre')]])
      for (let h = 0; h < heads; h++)
        for (let k = 0; k <= q && !off.includes(`${l}.${h}`); k++) {
          const a = read.pattern[((l * heads + h) * time + q) * time + k]!
          const part = Array.from({ length: dim }, (_, i) => {
            let s = 0
            for (let j = 0; j < headDim; j++)
              s += output[(i * heads + h) * headDim + j]! * a * read.v[((l * time + k) * heads + h) * headDim + j]!
            return s
          })
          parts.set(`head ${h} ${k}`, part)
        }
      share(`${l} ${q} mid`, row('resid_mid'), parts)
      share(
        `${l} ${q} post`,
        row('resid_post'),
        new Map([
          ['residual', row('resid_mid')],
          ['mlp', row('mlp_out')],
        ]),
      )
    }
  }
  return { shares, apart }
}

const nameOf = ({ to, part, head, from }: RouteEdge): string =>
  `${to.layer} ${to.position} ${to.site === 'resid_mid' ? 'mid' : 'post'} ${part === 'head' ? `head ${head} ${from.position}` : part}`

const z = (layer: number, heads: number[], by: number): EditInput => ({
  do: 'scale',
  by,
  at: { site: 'z', layer, stack: 'decoder' },
  heads,
})
const cut: EditInput = {
  do: 'knockout',
  at: { site: 'scores', layer: 6, stack: 'decoder' },
  heads: [5],
  queries: 'last',
  keys: [7],
}

test.each<[string, EditInput[], string[]]>([
  ['as it is', [], []],
  ['heads off', [z(6, [5], 0), z(4, [7], 0)], ['6.5', '4.7']],
  ['an edge cut', [cut], []],
])('%s: every edge above the threshold, and none else, with the share of a slow calculation', async (_, edits, off) => {
  const { shares, apart } = await byHand(edits, off)
  expect(apart).toBeLessThan(1e-4)
  const threshold = 0.0302
  const { edges, nodes, notDrawn } = (await service.call('routes', {
    ids,
    edits,
    position: 12,
    threshold,
  })) as RouteGraph
  for (const e of edges) expect(Math.abs(e.contribution - shares.get(nameOf(e))!), nameOf(e)).toBeLessThan(1e-4)
  // From the top by the definition: an edge is there exactly where its node is reached and its share is large enough.
  const reached = new Set([`${m.config.layers - 1} 12 post`])
  const wanted = new Set<string>()
  for (let l = m.config.layers - 1; l >= 0; l--)
    for (const kind of ['post', 'mid'])
      for (const [name, x] of shares) {
        const [layer, q, site, part, , key] = name.split(' ')
        if (Number(layer) !== l || site !== kind || x < threshold || !reached.has(`${layer} ${q} ${site}`)) continue
        wanted.add(name)
        reached.add(kind === 'post' ? `${l} ${q} mid` : `${l - 1} ${part === 'head' ? key : q} post`)
      }
  expect(new Set(edges.map(nameOf))).toEqual(wanted)
  expect(nodes.length).toBe(reached.size)
  const entered = [...reached].filter(node => !node.startsWith('-1'))
  const drawn = [...wanted].reduce((s, name) => s + shares.get(name)!, 0)
  expect(Math.abs(notDrawn - (1 - drawn / entered.length))).toBeLessThan(1e-4)
  expect(notDrawn).toBeGreaterThan(0.01)
  // The library's, from one run that captures everything.
  const whole = await m.routes(ids, { edits, threshold })
  expect(whole.position).toBe(12)
  expect(whole.edges.map(nameOf)).toEqual(edges.map(nameOf))
  for (const [i, e] of whole.edges.entries()) expect(e.contribution).toBeCloseTo(edges[i]!.contribution, 5)
  expect(whole.notDrawn).toBeCloseTo(notDrawn, 5)
})

test('all parts of a node add up to 1, and the edges that copying goes by are among them', async () => {
  const at = { ids, edits: [], position: 12 }
  const whole = (await service.call('routes', { ...at, threshold: 0.001 })) as RouteGraph
  const sums = new Map<string, number>()
  for (const e of whole.edges) {
    const node = `${e.to.layer} ${e.to.site} ${e.to.position}`
    sums.set(node, (sums.get(node) ?? 0) + e.contribution)
  }
  for (const [node, sum] of sums) {
    expect(sum, node).toBeLessThan(1 + 1e-6)
    expect(sum, node).toBeGreaterThan(0.9)
  }
  const copying = whole.edges.find(
    e => e.to.layer === 6 && e.head === 5 && e.to.position === 12 && e.from.position === 7,
  )
  expect(copying!.contribution).toBeGreaterThan(0.01)
})

test('a position that is not there and a text that is too long are refused', async () => {
  await expect(service.call('routes', { ids, position: 13 })).rejects.toMatchObject({ code: 'view', where: 'position' })
  await expect(service.call('routes', { ids, position: 1, threshold: 0 })).rejects.toMatchObject({ fault: 'usage' })
  await expect(m.routes(ids, { threshold: 0 })).rejects.toMatchObject({ fault: 'usage', where: 'threshold' })
})
