import '../support/cache.ts'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Headwise, load } from '../../src/index.ts'
import { encodeAnswer } from '../../src/service/frame.ts'
import { Service } from '../../src/service/service.ts'
import type { Result, verbs } from '../../src/service/verbs.ts'
import type { EditInput } from '../../src/words/edit.ts'
import { HeadwiseError } from '../../src/words/error.ts'
import { siteNames } from '../../src/words/site.ts'
import { largest } from './support.ts'

let m: Headwise
let service: Service
beforeAll(async () => {
  m = await load('specimen', { threads: 2 })
  service = new Service(m, { name: 'specimen', specimen: true, notice: '', version: '0', budget: 2 ** 30 })
})
afterAll(() => m[Symbol.asyncDispose]())

/** Numbers that are mostly right, and those at and beyond every edge. */
const number = fc.oneof(
  { weight: 40, arbitrary: fc.integer({ min: 0, max: 7 }) },
  { weight: 1, arbitrary: fc.constantFrom(-1, 8, 4095, 4096, 2 ** 31, 0.5, 1e39, Number.MAX_SAFE_INTEGER + 2) },
)
const some = fc.array(number, { minLength: 1, maxLength: 4 })
const place = fc.integer({ min: 0, max: 5 })
const few = fc.oneof(fc.constant('last'), fc.constant('all'), fc.array(place, { minLength: 1, maxLength: 3 }))
const site = (...names: string[]) => fc.record({ site: fc.constantFrom(...names), layer: number })
const heads = { heads: some }
const tame = fc
  .oneof(
    fc.record({ do: fc.constant('zero'), at: site('z', 'q', 'pattern'), ...heads, positions: few }),
    fc.record({
      do: fc.constant('scale'),
      at: site('z', 'q', 'resid_post', 'logits', 'embed'),
      by: fc.double({ min: -2, max: 2, noNaN: true }),
      positions: few,
    }),
    fc.record({
      do: fc.constantFrom('add', 'set'),
      at: site('z', 'k', 'resid_pre', 'final_norm', 'mlp_act'),
      value: fc.double({ min: -2, max: 2, noNaN: true }),
    }),
    fc.record({
      do: fc.constant('mean'),
      at: site('z', 'v', 'attn_out'),
      reference: fc.constantFrom('self', [
        [1, 2],
        [3, 4, 5],
      ]),
    }),
    fc.record({
      do: fc.constant('patch'),
      at: site('z', 'resid_mid', 'head_out'),
      ids: fc.array(place, { minLength: 6, maxLength: 6 }),
    }),
    fc.record({
      do: fc.constantFrom('knockout', 'bias'),
      at: site('scores'),
      ...heads,
      queries: few,
      keys: few,
      by: fc.constant(1.5),
    }),
    fc.record({
      do: fc.constant('temperature'),
      at: site('scores'),
      tau: fc.double({ min: 0.1, max: 4, noNaN: true }),
    }),
  )
  .map(e => {
    const { by: _, ...rest } = e as { do: string; by?: number }
    return e.do === 'knockout' ? rest : e
  })
const positions = fc.oneof(some, fc.constantFrom('last', 'all', 'first'), fc.record({ tokens: some }))
const wild = fc.record(
  {
    do: fc.constantFrom(
      'zero',
      'mean',
      'resample',
      'scale',
      'add',
      'set',
      'patch',
      'knockout',
      'temperature',
      'toString',
    ),
    at: fc.record({ site: fc.constantFrom(...siteNames, 'zz'), layer: number }),
    heads: some,
    groups: some,
    positions,
    queries: positions,
    keys: positions,
    by: number,
    tau: number,
    value: fc.oneof(number, some),
    ids: some,
    prompt: fc.string({ unit: 'binary', maxLength: 12 }),
    reference: fc.constantFrom('self', [[1, 2], [3]]),
  },
  { requiredKeys: ['do', 'at'] },
)
const edit = fc.oneof({ weight: 12, arbitrary: tame }, { weight: 1, arbitrary: wild })
const edits = fc.array(edit, { maxLength: 2 })
const head = fc.record({ layer: number, head: number })
const zeros = fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: number })
const component = fc.oneof(
  fc.record({ heads: fc.array(head, { minLength: 1, maxLength: 3 }) }),
  fc.record({ mlp: number }),
  fc.record({ neuron: fc.record({ layer: number, neuron: number }) }),
  fc.record({ residual: fc.constantFrom('resid_pre', 'resid_mid', 'resid_post', 'z'), layer: number }),
)
const params = fc.record({
  component,
  position: place,
  ids: fc.array(number, { minLength: 6, maxLength: 6 }),
  edits,
  text: fc.string({ unit: 'binary', maxLength: 20 }),
  top: fc.integer({ min: 0, max: 101 }),
  watch: some,
  heads: fc.array(head, { minLength: 1, maxLength: 3 }),
  of: fc.oneof(fc.record({ queries: fc.array(place, { minLength: 1 }) }), fc.record({ keys: some })),
  ...{ layer: number, head: number, level: number, row: zeros, column: zeros, query: place, key: zeros },
  ...{ side: fc.integer({ min: 0, max: 65 }), leaveFirst: fc.boolean() },
  next: number,
  runs: fc.array(edits, { minLength: 1, maxLength: 2 }),
  read: fc.oneof(
    fc.record({ metric: fc.constantFrom('loss', 'kl') }),
    fc.record({ metric: fc.constantFrom('logit_diff', 'prob_diff', 'accuracy'), answers: some, distractors: some }),
    fc.record({ metric: fc.constant('sequence_logprob'), from: number }),
  ),
})

/** The parameters of one verb among those that were drawn. */
const keys = {
  tokens: ['text'],
  next: ['ids', 'edits', 'top', 'watch'],
  metric: ['ids', 'runs', 'read'],
  changes: ['ids', 'edits'],
  patterns: ['ids', 'edits', 'heads'],
  attention: ['ids', 'edits', 'heads', 'of'],
  writes: ['ids', 'edits', 'component', 'position', 'top'],
  tile: ['ids', 'edits', 'layer', 'head', 'level', 'row', 'column'],
  overview: ['ids', 'edits', 'side', 'leaveFirst'],
  edge: ['ids', 'edits', 'layer', 'head', 'query', 'key'],
  knockout: ['ids', 'edits', 'next'],
} as const satisfies Partial<Record<keyof typeof verbs, readonly string[]>>

test.each(Object.keys(keys) as (keyof typeof keys)[])(
  '%s answers, or refuses in one sentence with the parameter named',
  async verb => {
    let answered = 0
    await fc.assert(
      fc.asyncProperty(params, fc.integer({ min: 0, max: 20 }), async (drawn, left) => {
        const given = Object.fromEntries(
          keys[verb].filter((_, i) => i !== left).map(k => [k === 'component' ? 'of' : k, drawn[k]]),
        )
        try {
          const value = await service.call(verb, JSON.parse(JSON.stringify(given)))
          expect(encodeAnswer(value).bytes.length).toBeGreaterThan(0)
          answered++
        } catch (error) {
          expect(error, String(error)).toBeInstanceOf(HeadwiseError)
          const { fault, message } = error as HeadwiseError
          expect(fault, message).toBe('usage')
          expect(message).toMatch(/^\S.*\.$/s)
        }
      }),
      { numRuns: 60 },
    )
    // A test of refusals alone would say nothing of answers.
    expect(answered).toBeGreaterThan(8)
  },
  120_000,
)

test('what is said of the next token under any edits is what a whole pass says', async () => {
  let compared = 0
  const known = fc.array(fc.nat(m.config.vocab - 1), { minLength: 6, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(known, fc.array(edit, { minLength: 1, maxLength: 2 }), async (ids, drawn) => {
      const list = drawn as EditInput[]
      const whole = await m.run(ids, { edits: list }).catch(() => undefined)
      if (!whole) return
      const { after } = (await service.call('next', { ids, edits: list })) as Result<'next'>
      const { tokenLoss, top } = whole.passes[0]!
      const scale = tokenLoss.reduce((a, x) => Math.max(a, Math.abs(x)), 1)
      expect(
        largest(
          after!.logprob.data,
          tokenLoss.map(x => -x),
        ) / scale,
      ).toBeLessThan(1e-4)
      // Where two tokens are about equally likely either may stand first.
      if (top[0]!.logprob - top[1]!.logprob > 1e-3) expect(after!.best.data.at(-1)).toBe(top[0]!.id)
      compared++
    }),
    { numRuns: 60 },
  )
  expect(compared).toBeGreaterThan(20)
}, 120_000)
