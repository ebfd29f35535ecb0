import fc from 'fast-check'
import { expect, test } from 'vitest'
import { arrowHead, LEVEL, layoutDependencies, pieceLine, roomAbove } from '../../../app/src/marks/dependency-layout.ts'
import { edgeSentence } from '../../../app/src/marks/syntax-words.ts'

const row = (...xs: number[]) => xs.map(x => ({ x, row: 0 }))

test('short edges lie low, longer ones over them, and neighbours on one level', () => {
  const pieces = layoutDependencies(
    [
      { head: 3, dependent: 0, label: 'a' },
      { head: 1, dependent: 0, label: 'b' },
      { head: 2, dependent: 3, label: 'c' },
    ],
    row(20, 120, 220, 320),
    400,
  )
  const levels = Object.fromEntries(pieces.map(p => [p.label, p.level]))
  expect(levels).toEqual({ a: 1, b: 0, c: 0 })
  expect(roomAbove(pieces)).toBe(2 * LEVEL + 12)
  expect(roomAbove([])).toBe(0)
})

test('an edge between rows has a stub at each of its words, with an arrow at the dependent alone', () => {
  const anchors = [
    { x: 380, row: 0 },
    { x: 30, row: 1 },
  ]
  const pieces = layoutDependencies([{ head: 0, dependent: 1, label: 'obj' }], anchors, 400)
  expect(pieces.map(p => [p.row, p.end, p.label, p.whole])).toEqual([
    [0, 'head', 'obj ↓', false],
    [1, 'dependent', 'obj ↑', false],
  ])
  expect(pieces.map(p => arrowHead(p, 100) !== undefined)).toEqual([false, true])
  // Both stay inside the text.
  for (const p of pieces) expect(Math.min(p.from, p.to) >= 0 && Math.max(p.from, p.to) <= 400).toBe(true)
})

test('no two pieces of a row and level cover the same place, labels included, and none is above its room', () => {
  const edge = fc.record({ head: fc.nat(9), dependent: fc.nat(9), label: fc.constantFrom('obj', 'nsubj:pass', 'x') })
  const anchors = fc.array(fc.record({ x: fc.integer({ min: 0, max: 600 }), row: fc.nat(2) }), {
    minLength: 10,
    maxLength: 10,
  })
  fc.assert(
    fc.property(fc.array(edge, { maxLength: 12 }), anchors, (edges, at) => {
      const pieces = layoutDependencies(edges, at, 600)
      const room = roomAbove(pieces)
      const side = (p: (typeof pieces)[number]): [number, number] => [
        Math.min(p.from, p.to, p.middle - 3 * p.label.length),
        Math.max(p.from, p.to, p.middle + 3 * p.label.length),
      ]
      for (const [i, a] of pieces.entries()) {
        expect(pieceLine(a, room).foot).toBeGreaterThan(0)
        for (const b of pieces.slice(i + 1))
          if (a.row === b.row && a.level === b.level)
            expect(Math.min(side(a)[1], side(b)[1]) - Math.max(side(a)[0], side(b)[0])).toBeLessThanOrEqual(3)
      }
    }),
  )
})

test('an edge is told with its words, its relation, and who attends along it', () => {
  const name = (i: number) => ['found', 'key'][i]!
  const edge = { head: 0, dependent: 1, relation: 'obj', edge: { later: 1, earlier: 0 }, shares: [0.1234, 0] }
  expect(edgeSentence(edge, name, ['6.5', '4.7'])).toBe(
    'found → key (obj): from key to found 6.5 attends 0.123, 4.7 attends 0',
  )
  expect(edgeSentence({ ...edge, shares: [] }, name, ['6.5'])).toBe('found → key (obj): from key to found …')
  expect(edgeSentence({ ...edge, edge: undefined }, name, ['6.5'])).toContain('in one token')
})
