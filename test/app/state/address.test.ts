import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readAddress, writeAddress } from '../../../app/src/state/address.ts'
import { type Change, settledLines } from '../../../app/src/state/change.ts'
import { headName } from '../../../app/src/state/head.ts'
import { PART_KINDS, partOf } from '../../../app/src/state/part.ts'
import { initial, type State } from '../../../app/src/state/state.ts'

const head = fc.record({ layer: fc.nat(200), head: fc.nat(200) })
const places = fc.uniqueArray(fc.nat(4000), { minLength: 1, maxLength: 4 })
const at = fc.oneof(fc.constant('all' as const), fc.constant('last' as const), places)
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    kind: fc.constant('scale' as const),
    head,
    by: fc.oneof(
      fc.integer({ min: -200, max: 400 }).map(x => x / 100 + 0),
      fc.constantFrom(1e-7, 1e21, 123456.125),
    ),
    at,
  }),
  fc.record({ kind: fc.constant('mean' as const), head, at }),
  fc.record({
    kind: fc.constant('patch' as const),
    head,
    from: fc.string({ minLength: 1, unit: 'binary' }),
    at,
  }),
  fc.record({ kind: fc.constant('knockout' as const), head, queries: places, keys: places }),
)
const part = fc.record(
  {
    of: fc
      .tuple(fc.constantFrom(...PART_KINDS), fc.nat(200), fc.nat(9999))
      .map(([kind, layer, neuron]) => partOf(kind, layer, neuron)),
    at: fc.nat(4000),
  },
  { requiredKeys: ['of'] },
)
const optional = fc.record(
  {
    beside: fc.constantFrom('previous', 'ablate-zero'),
    range: fc.tuple(fc.double({ min: -5, max: -0.25, noNaN: true }), fc.double({ min: 0.5, max: 9, noNaN: true })),
    window: fc.tuple(fc.nat(4095), fc.nat(4095), fc.integer({ min: 1, max: 4096 })),
    key: fc.nat(4095),
    top: fc.constantFrom(1, 8, 300),
    tour: fc.integer({ min: 1, max: 8 }),
    routes: fc.constantFrom(0.04, 0.001, 1),
    writes: part,
    temperature: fc.constantFrom(0.05, 0.7, 10),
    topK: fc.constantFrom(1, 40, 99_999),
    topP: fc.constantFrom(0.0001, 0.5, 0.95),
  },
  { requiredKeys: [] },
)
const prompt = fc.oneof(
  fc.record({ text: fc.string({ unit: 'binary' }) }),
  fc.record({ text: fc.constantFrom('ids:1,2', 'i', ' a ', '50% of #1?x=1&y', 'a/b', '%41', '', 'a+b', 'née 漢字\n') }),
  fc.record({ ids: fc.array(fc.nat(4095), { minLength: 1 }) }),
)
const state: fc.Arbitrary<State> = fc
  .record({
    model: fc.constantFrom('specimen', 'org/name', 'SmolLM2 135M'),
    prompt,
    heads: fc.uniqueArray(head, { minLength: 1, maxLength: 4, selector: headName }),
    queries: fc.uniqueArray(fc.nat(500)),
    score: fc.constantFrom('induction', 'offset-3'),
    chart: fc.constantFrom('maps' as const, 'points' as const),
    ground: fc.constantFrom('repeats' as const, 'prompt' as const),
    cells: fc.constantFrom('score' as const, 'patterns' as const),
    order: fc.constantFrom('home' as const, 'score' as const),
    full: fc.constantFrom(1, 0.5, 0.02),
    arcs: fc.constantFrom(0.05, 0.2),
    tint: fc.constantFrom('attention' as const, 'effect' as const),
    leaveFirst: fc.boolean(),
    incoming: fc.boolean(),
    site: fc.constantFrom('pattern' as const, 'scores' as const),
    edits: fc.array(fc.record({ change, on: fc.boolean() }), { maxLength: 4 }).map(settledLines),
    more: optional,
  })
  .map(({ more, ...rest }) => ({ ...rest, ...more }))

test('what is written into the address is read back from it, also as a browser spells it', () => {
  fc.assert(
    fc.property(state, s => {
      const address = writeAddress(s)
      expect(readAddress(address)).toEqual({ state: s, problems: [] })
      expect(readAddress(new URL(`http://localhost/${address}`).hash)).toEqual({ state: s, problems: [] })
    }),
  )
})

test('an address is words', () => {
  const s: State = {
    ...initial,
    prompt: { text: 'The cat sat' },
    edits: [
      { on: true, change: { kind: 'scale', head: { layer: 6, head: 5 }, by: 0, at: 'all' } },
      { on: true, change: { kind: 'mean', head: { layer: 5, head: 4 }, at: 'all' } },
      { on: false, change: { kind: 'knockout', head: { layer: 6, head: 1 }, queries: [14], keys: [3, 4] } },
    ],
  }
  expect(writeAddress(s)).toBe(
    '#specimen/The cat sat?head=6.5&score=induction&edit=z:6.5*0,z:5.4~mean,-scores:6.1!14>3+4',
  )
})

test('no address is the first visit', () => {
  expect(readAddress('')).toEqual({ state: initial, problems: [] })
  expect(readAddress('#')).toEqual({ state: initial, problems: [] })
})

test('what makes no sense is left out, kept apart from what does, and told of', () => {
  const { state, problems } = readAddress(
    '#specimen/Hello?head=6.5,x&score=induction&edit=z:6.5*0,z:1.2*1e999&colour=red',
  )
  expect(state).toEqual({
    ...initial,
    prompt: { text: 'Hello' },
    edits: [{ on: true, change: { kind: 'scale', head: { layer: 6, head: 5 }, by: 0, at: 'all' } }],
  })
  expect(problems).toEqual([
    '“head=6.5,x” in the address was not understood.',
    '“edit=z:6.5*0,z:1.2*1e999” in the address was not understood.',
    'The address says “colour”, which this page does not know.',
  ])
})

test.each(['top-k=0', 'top-k=1.5', 'top-k=-1', 'top-p=0', 'top-p=1', 'top-p=1.5', 'top-p=x'])(
  'a draw of %s is left out and told of',
  part => {
    const { state, problems } = readAddress(`#specimen/Hello?${part}`)
    expect(state).toEqual({ ...initial, prompt: { text: 'Hello' } })
    expect(problems).toEqual([`“${part}” in the address was not understood.`])
  },
)

test('any text whatever is read without an exception', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      expect(readAddress(`#${text}`).state.model).toBeTypeOf('string')
    }),
  )
  expect(readAddress('#specimen/ids:1,x').problems).toHaveLength(1)
  expect(readAddress('#specimen/%E0%A4%A?__proto__=1&constructor=2').problems).toHaveLength(2)
})

test('what an address says twice is there once, and settings that contradict each other are told of', () => {
  const { state, problems } = readAddress(
    '#specimen/x?head=6.5,6.1,6.5&query=3,3,1&score=previous&beside=previous&edit=z:6.5*0,-z:6.5*0,z:6.1*-0@2+2',
  )
  expect(state.heads.map(headName)).toEqual(['6.5', '6.1'])
  expect(state.queries).toEqual([3, 1])
  expect(state.beside).toBeUndefined()
  expect(state.edits).toEqual([
    { on: false, change: { kind: 'scale', head: { layer: 6, head: 5 }, by: 0, at: 'all' } },
    { on: true, change: { kind: 'scale', head: { layer: 6, head: 1 }, by: 0, at: [2] } },
  ])
  expect(problems).toEqual(['The address sets a head more than once at the same place; the last setting is shown.'])
})

test('more heads than can stand beside each other are cut, and that is told', () => {
  const names = Array.from({ length: 70 }, (_, i) => `${i}.0`)
  const { state, problems } = readAddress(`#specimen/x?head=${names}`)
  expect(state.heads.length).toBe(64)
  expect(problems).toEqual(['The address names 70 heads; the first 64 of them are shown.'])
})
