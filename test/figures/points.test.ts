import { expect, test } from 'vitest'
import { pointsFigure } from '../../src/figures/figure.ts'
import { placePoints } from '../../src/figures/place-points.ts'
import { specOfFigure } from '../../src/figures/read-spec.ts'
import { refusal } from '../support/refusal.ts'
import { ablation, curve, headMap } from './examples.ts'

const place = { width: 100, height: 100, names: ['0.0', '0.1', '1.0', '1.1'], letter: 6 }

test('points stand where their numbers say, with intervals where there are some; what lacks one has no point', () => {
  const first = { values: [0, 0.5, 1, Number.NaN], low: [0, 0.4, 1, 0], high: [0, 0.6, 1, 0] }
  const second = { values: [-1, 0, 1, 0] }
  const { points, x, y } = placePoints(first, second, place)
  expect(points.map(p => p.i)).toEqual([0, 1, 2])
  const [a, b, c] = points
  expect(b!.x).toBeCloseTo((a!.x + c!.x) / 2, 9)
  expect(a!.y).toBeGreaterThan(c!.y)
  expect(b!.across![1] - b!.across![0]).toBeCloseTo(0.2 * (c!.x - a!.x), 9)
  expect(b!.up).toBeUndefined()
  expect(x.find(t => t.value === 0)!.at).toBeCloseTo(a!.x, 9)
  expect(y.find(t => t.value === 0)!.at).toBeCloseTo(b!.y, 9)
})

test('names stand at the outermost points and at those that are asked for, and never on each other', () => {
  const values = Array.from({ length: 200 }, (_, i) => Math.sin(i * i))
  const names = values.map((_, i) => `${Math.floor(i / 20)}.${i % 20}`)
  const second = { values: values.map((x, i) => x * Math.cos(i)) }
  const room = { ...place, width: 300, height: 300, names, first: new Set([77]) }
  const { labels } = placePoints({ values }, second, room)
  expect(labels[0]!.i).toBe(77)
  expect(labels.length).toBeGreaterThan(3)
  expect(labels.length).toBeLessThanOrEqual(10)
  const boxes = labels.map(l => {
    const wide = 6 * names[l.i]!.length
    return { left: l.ends ? l.x - wide : l.x, right: l.ends ? l.x : l.x + wide, y: l.y }
  })
  for (const [i, a] of boxes.entries()) {
    expect(a.left).toBeGreaterThanOrEqual(0)
    expect(a.right).toBeLessThanOrEqual(300)
    for (const b of boxes.slice(0, i))
      expect(Math.abs(a.y - b.y) >= 12 || a.left >= b.right || b.left >= a.right).toBe(true)
  }
})

test('the figure holds a point for every head that was measured twice, and both specs', () => {
  const svg = pointsFigure(headMap, ablation, { theme: 'dark' })
  expect(svg.match(/<circle/g)).toHaveLength(11)
  expect(specOfFigure(new TextEncoder().encode(svg))).toEqual([headMap.spec, ablation.spec])
})

test('grids of other axes have no points in common', async () => {
  expect(await refusal(() => pointsFigure(headMap, curve))).toMatchObject({ code: 'figure-axes', fault: 'usage' })
})
