import { expect, test } from 'vitest'
import { patternInView } from '../../../app/src/marks/figures.ts'
import { cellsOf } from '../../../app/src/marks/pattern-cells.ts'
import { viewOf, whole } from '../../../app/src/marks/pattern-view.ts'
import { specBy } from '../../figures/examples.ts'

const time = 600
const pattern = Float32Array.from({ length: time * time }, (_, i) =>
  i % time > Math.floor(i / time) ? 0 : ((i * 7919) % 997) / 997,
)
const frame = { time, size: 400 }
const tiles = { get: (place: Parameters<typeof cellsOf>[3]) => cellsOf('pattern', pattern, time, place) }
const about = {
  site: 'pattern' as const,
  head: { layer: 0, head: 1 },
  tokens: Array.from({ length: time }, (_, i) => `t${i}`),
  spec: specBy('run', 'capture'),
}

test('what is in view is saved, entry by entry where there is room, across the borders of tiles', () => {
  const grid = patternInView(tiles, about, viewOf([300, 200, 120], frame), frame)!
  const values = grid.values as number[][]
  expect([values.length, values[0]!.length]).toEqual([120, 120])
  expect(values[5]![90]).toBe(pattern[305 * time + 290])
  expect(values[100]![10]).toBe(pattern[400 * time + 210])
  expect(grid.axes[0]!.labels![0]).toBe('t300')
})

test('the whole of a long text is saved by its largest entries', () => {
  const grid = patternInView(tiles, about, whole(frame), frame)!
  expect(grid.values).toHaveLength(150)
  expect(grid.metric).toContain('largest of 4 × 4 entries')
})

test('nothing is saved before all of it is there', () => {
  const some = { get: (place: Parameters<typeof cellsOf>[3]) => (place.row === 1 ? undefined : tiles.get(place)) }
  expect(patternInView(some, about, viewOf([300, 200, 120], frame), frame)).toBeUndefined()
})
