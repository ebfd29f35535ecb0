import { expect, test } from 'vitest'
import { edgesOut, isOut, toggleEdge } from '../../../app/src/state/edge.ts'
import { initial } from '../../../app/src/state/state.ts'

const a = { layer: 6, head: 5 }
const b = { layer: 6, head: 1 }

test('an edge is knocked out in every head, and allowed again where it is out in all of them', () => {
  const one = toggleEdge(initial, [a], { query: 5, key: 2 })
  expect(isOut(one.edits, a, { query: 5, key: 2 })).toBe(true)
  expect(isOut(one.edits, b, { query: 5, key: 2 })).toBe(false)
  const both = toggleEdge(one, [a, b], { query: 5, key: 2 })
  expect(both.edits.length).toBe(2)
  expect(toggleEdge(both, [a, b], { query: 5, key: 2 }).edits).toEqual([])
})

test('an edge that a line forbids among others is allowed alone', () => {
  const line = { on: true, change: { kind: 'knockout', head: a, queries: [4, 5], keys: [1, 2] } as const }
  const { edits } = toggleEdge({ ...initial, edits: [line] }, [a], { query: 5, key: 1 })
  expect(edgesOut(edits, a).map(e => [e.query, e.key])).toEqual([
    [4, 1],
    [4, 2],
    [5, 2],
  ])
})

test('an edge that two lines forbid is one edge, and one click allows it', () => {
  const over = (queries: number[]) => ({ on: true, change: { kind: 'knockout', head: a, queries, keys: [1] } as const })
  const s = { ...initial, edits: [over([3, 4]), over([4, 5]), over([3])] }
  expect(edgesOut(s.edits, a).map(e => e.query)).toEqual([3, 4, 5])
  const { edits } = toggleEdge(s, [a], { query: 4, key: 1 })
  expect(edgesOut(edits, a).map(e => e.query)).toEqual([3, 5])
  expect(edits.length).toBe(2)
})

test('edges of a line are all pairs of its queries and keys, while it is on', () => {
  const line = { on: true, change: { kind: 'knockout', head: a, queries: [4, 5], keys: [1, 2] } as const }
  expect(edgesOut([line], a).length).toBe(4)
  expect(edgesOut([{ ...line, on: false }], a)).toEqual([])
})
