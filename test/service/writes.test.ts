import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Headwise } from '../../src/library/headwise.ts'
import { load } from '../../src/library/load.ts'
import { Service } from '../../src/service/service.ts'
import type { Result, WritesResult } from '../../src/service/verbs.ts'
import type { Component } from '../../src/words/component.ts'
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
  const { raises, lowers, mean } = await writes({ ids, edits, of: { heads }, position })
  const order = [...expected.keys()].sort((a, b) => expected[b]! - expected[a]!)
  expect(raises.map(t => t.id)).toEqual(order.slice(0, 5))
  expect(lowers.map(t => t.id)).toEqual(order.slice(-5).reverse())
  for (const t of [...raises, ...lowers]) expect(Math.abs(t.logits - expected[t.id]!)).toBeLessThan(1e-4)
  expect(mean).toBeCloseTo(expected.reduce((s, x) => s + x, 0) / expected.length, 4)
  expect(raises[0]!.token).toBe((await m.tokenizer()).tokenText(raises[0]!.id))
})

test('head 6.5 raises what followed the same token before', async () => {
  const { raises } = await writes({ ids: await idsOf(), of: { heads: [{ layer: 6, head: 5 }] }, position: 12 })
  expect(raises[0]!.token).toBe(' key')
})

test('a head that is off raises and lowers nothing; one that is named twice counts once', async () => {
  const ids = await idsOf()
  const heads = [{ layer: 6, head: 5 }]
  const at = { ids, of: { heads }, position: 12 }
  const off = { do: 'zero', at: { site: 'z', layer: 6 }, heads: [5] }
  expect(await writes({ ...at, edits: [off] })).toEqual({ raises: [], lowers: [], mean: 0 })
  expect(await writes({ ...at, of: { heads: [...heads, ...heads] } })).toEqual(await writes(at))
})

/** A text above 256 tokens is read in rows of one position, a shorter one in one piece. */
describe.each([
  ['a short text', 12],
  ['a long text', 300],
])('%s', (_, last) => {
  test.each<[string, Component]>([
    [
      'heads of two layers',
      {
        heads: [
          { layer: 6, head: 5 },
          { layer: 5, head: 4 },
        ],
      },
    ],
    ['a feed-forward block', { mlp: 5 }],
    ['a neuron', { neuron: { layer: 5, neuron: 17 } }],
    ['the embedding', { residual: 'resid_pre', layer: 0 }],
    ['a residual after attention', { residual: 'resid_mid', layer: 4 }],
    ['a residual after a layer', { residual: 'resid_post', layer: 4 }],
    ['the last residual', { residual: 'resid_post', layer: 7 }],
  ])('%s: what the library reads off one whole run, with edits and without', async (_, of) => {
    const once = await idsOf()
    const ids = Array.from({ length: last + 1 }, (_, i) => once[i % once.length]!)
    const middle = Math.min(40, last - 1)
    const behind: EditInput = { do: 'scale', by: 0.5, at: { site: 'mlp_act', layer: 5 }, positions: [3, middle, last] }
    const tail: EditInput = { do: 'scale', by: 0.7, at: { site: 'final_norm' }, positions: [middle, last] }
    for (const edits of [[], [OFF, behind, ...('residual' in of ? [tail] : [])]])
      for (const position of [last, middle]) {
        const found = await writes({ ids, edits, of, position })
        const { kind, of: told, position: where, spec, ...whole } = await m.writes(ids, { of, edits, position, top: 5 })
        expect([kind, told, where, spec.request.command]).toEqual(['writes', of, position, 'writes'])
        alike(found, whole)
      }
  })
})

/** Every number to 1e-4; where two tokens are about equal either may stand first. */
function alike(a: WritesResult, b: WritesResult): void {
  const near = (x: number, y: number, what: string) => expect(Math.abs(x - y), what).toBeLessThan(1e-4)
  near(a.mean, b.mean, 'mean')
  for (const side of ['raises', 'lowers'] as const) {
    expect(a[side].length).toBe(b[side].length)
    for (const [i, t] of a[side].entries()) near(t.logits, b[side][i]!.logits, `${side} ${i}`)
  }
  expect(a.neurons?.length).toBe(b.neurons?.length)
  for (const [i, n] of (a.neurons ?? []).entries()) near(n.length, b.neurons![i]!.length, `neuron ${i}`)
  expect(a.lens?.length).toBe(b.lens?.length)
  for (const [i, t] of (a.lens ?? []).entries()) {
    near(t.logit, b.lens![i]!.logit, `lens ${i}`)
    near(t.logprob, b.lens![i]!.logprob, `lens ${i}`)
  }
}

test('after the last layer the lens says what the next token is said to be', async () => {
  const ids = await idsOf()
  const { lens } = await writes({ ids, edits: [OFF], of: { residual: 'resid_post', layer: 7 }, position: 12 })
  const { tokens } = (await service.call('next', { ids, edits: [OFF] })) as Result<'next'>
  const after = new Map(tokens.map(t => [t.id, t.after]))
  for (const { id, logprob } of lens!) expect(Math.abs(logprob - after.get(id)!)).toBeLessThan(1e-5)
})

test('positions and components that are not there are refused', async () => {
  const ids = await idsOf()
  const of = { heads: [{ layer: 6, head: 5 }] }
  await expect(writes({ ids, of, position: 13 })).rejects.toMatchObject({ code: 'view', where: 'position', found: 13 })
  await expect(m.writes(ids, { of: { mlp: 0 }, position: 13 })).rejects.toMatchObject({ code: 'position' })
  await expect(writes({ ids, of: { heads: [{ layer: 8, head: 0 }] }, position: 0 })).rejects.toMatchObject({
    code: 'heads',
  })
  await expect(writes({ ids, of: { mlp: 8 }, position: 0 })).rejects.toMatchObject({ code: 'component' })
  const set: EditInput = { do: 'zero', at: { site: 'mlp_out', layer: 5 } }
  await expect(
    writes({ ids, edits: [set], of: { neuron: { layer: 5, neuron: 1 } }, position: 0 }),
  ).rejects.toMatchObject({ code: 'component', fault: 'usage' })
})
