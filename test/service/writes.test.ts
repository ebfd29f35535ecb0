import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Headwise } from '../../src/library/headwise.ts'
import { load } from '../../src/library/load.ts'
import { Service } from '../../src/service/service.ts'
import type { WritesResult } from '../../src/service/verbs.ts'
import type { EditInput } from '../../src/words/edit.ts'
import '../support/cache.ts'

let m: Headwise
let service: Service
beforeAll(async () => {
  m = await load('specimen', { threads: 2 })
  service = new Service(m, { name: 'specimen', specimen: true, notice: 'ours', version: '0', budget: 2 ** 30 })
})
afterAll(() => m[Symbol.asyncDispose]())

const writes = async (params: object): Promise<WritesResult> =>
  (await service.call('writes', { top: 5, ...params })) as WritesResult

/** Slowly, from what the library captures of a whole run: head_out ⊙ norm / rms · W_U, [vocabulary]. */
async function byHand(ids: number[], heads: readonly (readonly [number, number])[], at: number, edits: EditInput[]) {
  const { dim, layers, vocab, normEps } = m.config
  const run = await m.run(ids, { capture: ['head_out', `resid_post@${layers - 1}`], edits })
  const [out, end] = [
    run.get('head_out').data,
    run.get(`resid_post@${layers - 1}`).data.slice(at * dim, (at + 1) * dim),
  ]
  const rms = Math.sqrt(end.reduce((s, x) => s + x * x, 0) / dim + normEps)
  const norm = m.engine.weights.read('model.norm.weight')
  const unembedding = m.engine.weights.read('model.embed_tokens.weight')
  return Array.from({ length: vocab }, (_, id) => {
    let sum = 0
    for (const [layer, head] of heads) {
      const from = ((layer * ids.length + at) * m.config.heads + head) * dim
      for (let i = 0; i < dim; i++) sum += (out[from + i]! * norm[i]! * unembedding[id * dim + i]!) / rms
    }
    return sum
  })
}

const TEXT = 'One day Lily found a shiny key. Ben lost the shiny'
const OFF: EditInput = { do: 'scale', by: 0.4, at: { site: 'z', layer: 4, stack: 'decoder' }, heads: [7] }
const idsOf = async () => [...(await (await m.tokenizer()).encode(TEXT))]

test.each([
  ['one head at the last position', [[6, 5]], 12, []],
  [
    'two heads of two layers',
    [
      [6, 5],
      [5, 4],
    ],
    12,
    [],
  ],
  ['with edits below', [[6, 5]], 12, [OFF]],
  ['an edited head, further up', [[4, 7]], 7, [OFF]],
] as const)('%s: the tokens and logits of a whole run read by hand', async (_, pairs, position, edits) => {
  const ids = await idsOf()
  const expected = await byHand(ids, pairs, position, [...edits])
  const heads = pairs.map(([layer, head]) => ({ layer, head }))
  const { raises, lowers, mean } = await writes({ ids, edits, heads, position })
  const order = [...expected.keys()].sort((a, b) => expected[b]! - expected[a]!)
  expect(raises.map(t => t.id)).toEqual(order.slice(0, 5))
  expect(lowers.map(t => t.id)).toEqual(order.slice(-5).reverse())
  for (const t of [...raises, ...lowers]) expect(Math.abs(t.logits - expected[t.id]!)).toBeLessThan(1e-4)
  expect(mean).toBeCloseTo(expected.reduce((s, x) => s + x, 0) / expected.length, 4)
  expect(raises[0]!.text).toBe((await m.tokenizer()).tokenText(raises[0]!.id))
})

test('head 6.5 raises what followed the same token before', async () => {
  const { raises } = await writes({ ids: await idsOf(), heads: [{ layer: 6, head: 5 }], position: 12 })
  expect(raises[0]!.text).toBe(' key')
})

test('a head that is off raises and lowers nothing; one that is named twice counts once', async () => {
  const ids = await idsOf()
  const at = { ids, heads: [{ layer: 6, head: 5 }], position: 12 }
  const off = { do: 'zero', at: { site: 'z', layer: 6 }, heads: [5] }
  expect(await writes({ ...at, edits: [off] })).toEqual({ raises: [], lowers: [], mean: 0 })
  expect(await writes({ ...at, heads: [...at.heads, ...at.heads] })).toEqual(await writes(at))
})

test('positions and heads that are not there are refused', async () => {
  const ids = await idsOf()
  const heads = [{ layer: 6, head: 5 }]
  await expect(writes({ ids, heads, position: 13 })).rejects.toMatchObject({
    code: 'view',
    where: 'position',
    found: 13,
  })
  await expect(writes({ ids, heads: [{ layer: 8, head: 0 }], position: 0 })).rejects.toMatchObject({ code: 'view' })
})
