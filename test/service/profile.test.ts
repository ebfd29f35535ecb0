import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Headwise } from '../../src/library/headwise.ts'
import { load } from '../../src/library/load.ts'
import { Service } from '../../src/service/service.ts'
import type { ProfileResult } from '../../src/service/verbs.ts'
import type { EditInput } from '../../src/words/edit.ts'
import '../support/cache.ts'

let m: Headwise
let service: Service
beforeAll(async () => {
  m = await load('specimen', { threads: 2 })
  service = new Service(m, { name: 'specimen', specimen: true, notice: 'ours', version: '0', budget: 2 ** 30 })
})
afterAll(() => m[Symbol.asyncDispose]())

const profile = async (params: object, watch = {}): Promise<ProfileResult> =>
  (await service.call('profile', params, watch)) as ProfileResult
const idsOf = async (text: string) => [...(await (await m.tokenizer()).encode(text))]
const TEXT = 'One day Lily found a shiny key. Ben lost the shiny'
const LONG = 'Clara had a red kite and the wind was strong. '.repeat(40)
const EDITS: EditInput[] = [
  { do: 'scale', by: 0.4, at: { site: 'z', layer: 4 }, heads: [7] },
  { do: 'knockout', at: { site: 'scores', layer: 6 }, heads: [5], queries: [12], keys: [3, 6] },
]

/** Slowly, over all entries of the captured pattern. */
async function byHand(ids: number[], layer: number, head: number, edits: EditInput[]) {
  const time = ids.length
  const { data } = (await m.run(ids, { capture: [`pattern@${layer}`], edits })).get(`pattern@${layer}`)
  const entries = Array.from({ length: time * time }, (_, i) => ({
    q: Math.floor(i / time),
    k: i % time,
    a: data[head * time * time + i]!,
  })).filter(({ q, k }) => k <= q)
  const counted = entries.filter(({ q }) => q > 0)
  const sum = (of: typeof entries, f: (e: (typeof entries)[number]) => number) => of.reduce((s, e) => s + f(e), 0)
  const mass = sum(counted, e => e.a)
  const mean = sum(counted, e => e.a * (e.q - e.k)) / mass
  const others = counted.filter(({ q, k }) => k > 0 && k < q)
  const totals = new Map<number, number>()
  for (const { k, a } of others) totals.set(k, (totals.get(k) ?? 0) + a)
  return {
    mean,
    deviation: Math.sqrt(sum(counted, e => e.a * (e.q - e.k - mean) ** 2) / mass),
    within: (from: number, to: number) =>
      sum(
        counted.filter(({ q, k }) => q - k >= from && q - k <= to),
        e => e.a,
      ) /
      (time - 1),
    entropy: -sum(entries, e => (e.a > 0 ? e.a * Math.log(e.a) : 0)) / time,
    self: sum(
      counted.filter(({ q, k }) => q === k),
      e => e.a / (time - 1),
    ),
    first: sum(
      counted.filter(({ k }) => k === 0),
      e => e.a / (time - 1),
    ),
    total: (key: number) => totals.get(key)!,
    largestTotal: Math.max(...totals.values()),
    largestShare: Math.max(...others.map(e => e.a)),
    at: (q: number, k: number) => data[(head * time + q) * time + k]!,
  }
}

test.each([
  ['a short text', TEXT, 6, 5, []],
  ['with edits in force', TEXT, 6, 5, EDITS],
  ['several blocks of rows', LONG, 6, 5, EDITS],
  ['below the first edit', LONG, 1, 0, EDITS],
] as const)(
  '%s: the profile is that of the captured pattern, in the library as well',
  async (_, text, layer, head, e) => {
    const ids = (await idsOf(text)).slice(0, 400)
    const edits = [...e]
    const found = await profile({ ids, edits, layer, head, top: 5 })
    const expected = await byHand(ids, layer, head, edits)
    expect(found.queries).toBe(ids.length - 1)
    expect(found.distance.mean).toBeCloseTo(expected.mean, 4)
    expect(found.distance.deviation).toBeCloseTo(expected.deviation, 3)
    for (const { from, to, share } of found.distance.bins) expect(share).toBeCloseTo(expected.within(from, to), 5)
    expect(found.entropy.mean).toBeCloseTo(expected.entropy, 4)
    expect(found.self).toBeCloseTo(expected.self, 5)
    expect(found.first).toBeCloseTo(expected.first, 5)
    expect(found.receivers[0]!.total).toBeCloseTo(expected.largestTotal, 4)
    expect(found.givers[0]!.share).toBeCloseTo(expected.largestShare, 5)
    expect(found.receivers).toHaveLength(5)
    for (const r of found.receivers) {
      expect(r.total).toBeCloseTo(expected.total(r.key), 4)
      expect(r.most).toBeCloseTo(expected.at(r.from, r.key), 5)
    }
    for (const g of found.givers) expect(g.share).toBeCloseTo(expected.at(g.query, g.key), 5)

    const [own] = await m.profile(ids, { heads: [{ layer, head }], edits })
    expect(own).toMatchObject({ prompt: 0, layer, head, queries: found.queries })
    expect(own!.distance.mean).toBeCloseTo(found.distance.mean, 4)
    expect(own!.receivers[0]!.key).toBe(found.receivers[0]!.key)
  },
)

test('on the same prompt the detectors say the same', async () => {
  const ids = await idsOf(TEXT)
  const grids = await m.scores(['distance', 'entropy', 'self', 'sink', 'offset-1'], { prompts: [ids] })
  for (const [layer, head] of [
    [6, 5],
    [0, 2],
  ] as const) {
    const p = await profile({ ids, layer, head })
    const own = [p.distance.mean, p.entropy.mean, p.self, p.first, p.distance.bins[1]!.share]
    for (const [i, grid] of grids.entries())
      expect(own[i], grid.metric).toBeCloseTo((grid.values as number[][])[layer]![head]!, 4)
  }
})

test('the library profiles several heads of several prompts', async () => {
  const heads = [
    { layer: 6, head: 5 },
    { layer: 0, head: 2 },
  ]
  const all = await m.profile([TEXT, 'Tom and Mary went to the market.'], { heads, top: 2 })
  expect(all.map(p => [p.prompt, p.layer, p.head])).toEqual([
    [0, 6, 5],
    [0, 0, 2],
    [1, 6, 5],
    [1, 0, 2],
  ])
  expect(all.every(p => p.givers.length <= 2)).toBe(true)
  await expect(m.profile(TEXT, { heads: [{ layer: 8, head: 0 }] })).rejects.toMatchObject({ code: 'heads' })
})

test('a long text is stopped between blocks, and heads that are not there are refused', async () => {
  const ids = (await idsOf(LONG)).slice(0, 397)
  const stop = new AbortController()
  await profile({ ids, layer: 0, head: 0 })
  const watch = { signal: stop.signal, onProgress: () => stop.abort() }
  await expect(profile({ ids, layer: 5, head: 0 }, watch)).rejects.toMatchObject({ fault: 'interrupted' })
  await expect(profile({ ids, layer: 0, head: 8 })).rejects.toMatchObject({ code: 'view', where: 'head' })
})
