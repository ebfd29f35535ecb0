import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  cellAt,
  clampView,
  type Frame,
  isWhole,
  levelFor,
  panBy,
  placesIn,
  reveal,
  TILE,
  tickStep,
  topLevel,
  type View,
  viewOf,
  whole,
  windowOf,
  zoomAt,
} from '../../../app/src/marks/pattern-view.ts'

const frame: fc.Arbitrary<Frame> = fc.record({
  time: fc.integer({ min: 1, max: 4096 }),
  size: fc.integer({ min: 80, max: 640 }),
})
/** Any view of a frame, and a pixel in it. */
const looking = frame.chain(f =>
  fc
    .record({
      query: fc.double({ min: -10, max: f.time, noNaN: true }),
      key: fc.double({ min: -10, max: f.time, noNaN: true }),
      scale: fc.double({ min: 0.01, max: 80, noNaN: true }),
      x: fc.double({ min: 0, max: f.size, noNaN: true }),
      y: fc.double({ min: 0, max: f.size, noNaN: true }),
    })
    .map(({ x, y, ...v }) => ({ frame: f, view: clampView(v, f), x, y })),
)
const inside = ({ query, key, scale }: View, { time, size }: Frame): boolean => {
  const last = time - size / scale + 1e-6
  return query >= 0 && key >= 0 && query <= last + 1e-6 && key <= last + 1e-6
}

test('no zoom, drag or step leads out of the matrix', () => {
  fc.assert(
    fc.property(looking, fc.double({ min: 0.1, max: 10, noNaN: true }), ({ frame, view, x, y }, factor) => {
      expect(inside(view, frame)).toBe(true)
      expect(inside(zoomAt(view, frame, x, y, factor), frame)).toBe(true)
      expect(inside(panBy(view, frame, x - y, y), frame)).toBe(true)
      expect(isWhole(zoomAt(view, frame, x, y, 1e-6), frame)).toBe(true)
    }),
  )
})

test('what lies under the pixel stays there when one goes closer', () => {
  fc.assert(
    fc.property(looking, fc.double({ min: 1, max: 8, noNaN: true }), ({ frame, view, x, y }, factor) => {
      const next = zoomAt(view, frame, x, y, factor)
      expect(next.key + x / next.scale).toBeCloseTo(view.key + x / view.scale, 6)
      expect(next.query + y / next.scale).toBeCloseTo(view.query + y / view.scale, 6)
    }),
  )
})

test('a revealed cell is in the view, and one that was there moves nothing', () => {
  fc.assert(
    fc.property(looking, fc.nat(4095), fc.nat(4095), ({ frame, view, x, y }, q, k) => {
      const cell = { query: q % frame.time, key: k % frame.time }
      const next = reveal(view, frame, cell)
      const span = frame.size / next.scale
      expect(cell.query).toBeGreaterThanOrEqual(next.query - 1e-6)
      expect(cell.query + 1).toBeLessThanOrEqual(next.query + span + 1e-6)
      const under = cellAt(view, frame, Math.min(x, frame.size - 1), Math.min(y, frame.size - 1))
      if (under) expect(cellAt(next, frame, 0, 0)).toBeDefined()
    }),
  )
})

test('the tiles of a level cover every cell of the view that has an entry, and a cell is a pixel or more', () => {
  fc.assert(
    fc.property(looking, fc.constantFrom(1, 2), ({ frame, view, x, y }, ratio) => {
      const level = levelFor(view, ratio)
      expect(2 ** level * view.scale * ratio).toBeGreaterThanOrEqual(0.999)
      if (level > 0) expect(2 ** (level - 1) * view.scale * ratio).toBeLessThan(1)
      const cell = cellAt(view, frame, x, y)
      if (!cell || cell.key > cell.query) return
      const side = TILE * 2 ** level
      const place = { level, row: Math.floor(cell.query / side), column: Math.floor(cell.key / side) }
      expect(placesIn(view, frame, level)).toContainEqual(place)
    }),
  )
})

test('4,096 tokens a side are few tiles wherever one looks', () => {
  const f = { time: 4096, size: 400 }
  expect(topLevel(4096)).toBe(4)
  for (let scale = f.size / f.time; scale < 56; scale *= 1.3) {
    const view = clampView({ query: 2000.5, key: 1000.5, scale }, f)
    expect(placesIn(view, f, levelFor(view, 2)).length).toBeLessThanOrEqual(25)
  }
  expect(placesIn(whole(f), f, topLevel(4096))).toEqual([{ level: 4, row: 0, column: 0 }])
})

test('a view is written into the address and read back to where it was, to the token', () => {
  fc.assert(
    fc.property(looking, ({ frame, view }) => {
      const again = viewOf(windowOf(view, frame), frame)
      expect(inside(again, frame)).toBe(true)
      expect(Math.abs(again.query - view.query)).toBeLessThanOrEqual(1.5)
      expect(windowOf(again, frame)[2]).toBe(windowOf(view, frame)[2])
    }),
  )
})

test('ticks are round and apart', () => {
  expect([30, 11, 3, 0.1].map(scale => tickStep(scale, 40))).toEqual([2, 5, 20, 500])
})
