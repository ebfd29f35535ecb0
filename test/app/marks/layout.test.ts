import fc from 'fast-check'
import { expect, test } from 'vitest'
import { curveOf, type Moment, momentOf, remember } from '../../../app/src/marks/history.ts'
import { layoutMap } from '../../../app/src/marks/map-layout.ts'
import { byScore, inRange } from '../../../app/src/marks/map-score.ts'
import { promptRuns, tokensUnder } from '../../../app/src/marks/prompt-runs.ts'

test('maps of any model fit: no cell lies on another, groups stand joined, all are large enough to see', () => {
  const shapes = fc
    .tuple(fc.integer({ min: 1, max: 48 }), fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 8 }))
    .map(([layers, groups, per]) => ({ layers, groups, heads: groups * per }))
  fc.assert(
    fc.property(
      shapes,
      fc.integer({ min: 140, max: 400 }),
      fc.constantFrom('side' as const, 'strip' as const, 'sidePictures' as const, 'stripPictures' as const),
      (s, room, place) => {
        const m = layoutMap(s, room, place)
        expect(m.x).toHaveLength(s.heads)
        expect(m.y).toHaveLength(s.layers)
        for (const [i, x] of m.x.slice(1).entries()) expect(x).toBeGreaterThan(m.x[i]! + m.cell)
        for (const [i, y] of m.y.slice(1).entries()) expect(y).toBeGreaterThan(m.y[i]! + m.rowHeight)
        expect(Math.min(m.cell, m.rowHeight)).toBeGreaterThanOrEqual(5)
        if (m.cell > 5) expect(m.width).toBeLessThanOrEqual(room)
        for (const [from, to] of m.groups) expect(to - from).toBeGreaterThanOrEqual(m.cell)
      },
    ),
  )
  const grouped = layoutMap({ layers: 30, heads: 9, groups: 3 }, 300)
  expect(grouped.x[1]! - grouped.x[0]!).toBeLessThan(grouped.x[3]! - grouped.x[2]!)
})

test('the heads of a layer go by the size of their score; what was not measured comes last', () => {
  expect(byScore({ values: [9, 9, 9, 0.1, Number.NaN, -2] }, 1, 3)).toEqual([2, 0, 1])
  expect(inRange(0.3, undefined)).toBe(true)
  expect([0.2, 0.3, 0.5, 0.51].map(v => inRange(v, [0.3, 0.5]))).toEqual([false, true, true, false])
  expect(inRange(Number.NaN, [0, 1])).toBe(false)
})

test('the drawn prompt is the typed prompt, cut where its tokens are', () => {
  const token = (text: string, span: readonly [number, number] | null) => ({ id: 0, text, special: false, span })
  const tokens = [
    token('<|endoftext|>', [0, 0]),
    token('a', [0, 1]),
    token(' b', [1, 3]),
    token('é', [3, 4]),
    token('é', [3, 4]),
  ]
  const drawn = (text: string) => promptRuns(text, tokens).map(r => [r.token, r.pieces.map(p => p.text).join('')])
  expect(drawn('a bé')).toEqual([
    [1, 'a'],
    [2, ' b'],
    [3, 'é'],
  ])
  // Typed on, or cut off, before the new tokens are there.
  expect(drawn('a bé\nnew')).toEqual([
    [1, 'a'],
    [2, ' b'],
    [3, 'é'],
    [-1, '\nnew'],
  ])
  expect(drawn('a')).toEqual([[1, 'a']])
  expect(promptRuns('x', [token('x', null)]).map(r => r.token)).toEqual([-1])
  expect(tokensUnder(tokens, 1, 1)).toEqual([1])
  expect(tokensUnder(tokens, 2, 2)).toEqual([2])
  expect(tokensUnder(tokens, 0, 2)).toEqual([1, 2])
  expect(tokensUnder(tokens, 4, 4)).toEqual([3, 4])
  fc.assert(
    fc.property(fc.string(), fc.array(fc.tuple(fc.nat(20), fc.nat(20))), (text, cuts) => {
      const spans = cuts.map(([a, b]) => token('', [Math.min(a, b), Math.max(a, b)] as const))
      expect(
        promptRuns(text, spans)
          .flatMap(r => r.pieces.map(p => p.text))
          .join(''),
      ).toBe(text)
    }),
  )
})

test('the course of the metric holds its newest value, and the value without edits', () => {
  const curve = curveOf([1, 2, 1.5], 3, 100, 40)
  expect(curve.points).toEqual([
    [0, 40],
    [50, 20],
    [100, 30],
  ])
  expect(curve).toMatchObject({ low: 1, high: 3, base: 0 })
  expect(curveOf([2], 2, 100, 40).points).toEqual([[100, 20]])
  expect(curveOf([Number.NaN], undefined, 100, 40).points).toEqual([])
  const moment = { logprob: -1, loss: 2, divergence: 0 }
  let moments: readonly Moment[] = []
  for (let i = 0; i < 500; i++) moments = remember(moments, moment)
  expect(moments.length).toBeLessThan(100)
  const side = {
    logprob: { dtype: 'f32', shape: [0], data: new Float32Array() },
    best: { dtype: 'i32', shape: [1], data: new Int32Array(1) },
  } as const
  const both = { before: true, after: true }
  const tokens = [{ id: 1, text: 'a', before: -1, after: -3, among: both, within: both }]
  const said = { tokens, before: { ...side, loss: 2 }, after: { ...side, loss: 5 }, divergence: 0.5, left: null }
  expect(momentOf(said)).toEqual({
    logprob: -3,
    loss: 5,
    divergence: 0.5,
  })
})
