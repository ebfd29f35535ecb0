import { expect, test } from 'vitest'
import { find } from '../../../app/src/state/find.ts'
import { perform, type Surroundings } from '../../../app/src/state/perform.ts'
import { initial } from '../../../app/src/state/state.ts'
import { home, withRange, withScore, withTop } from '../../../app/src/state/update.ts'

const shape = { layers: 8, heads: 8, groups: 8 }
const around: Surroundings = { heads: [{ layer: 6, head: 5 }], tokens: 5, queries: [4] }

test('the finder understands heads and ranges, and says what it cannot', () => {
  expect(find(' 6.5 ', shape)).toEqual({ kind: 'head', head: { layer: 6, head: 5 } })
  expect(find('> 0.5', shape)).toMatchObject({ kind: 'range', range: [0.5, 1e6] })
  expect(find('≤ −0.1', shape)).toMatchObject({ kind: 'range', range: [-1e6, -0.1] })
  expect(find('0.2 to .8', shape)).toEqual({ kind: 'range', range: [0.2, 0.8] })
  expect(find('-0.2..0.8', shape)).toEqual({ kind: 'range', range: [-0.2, 0.8] })
  expect(find('top 8', shape)).toEqual({ kind: 'top', top: 8 })
  expect(find('Top12', shape)).toEqual({ kind: 'top', top: 12 })
  expect(find('8.0', shape)).toMatchObject({ kind: 'nothing', why: expect.stringContaining('from 0 to 7') })
  for (const text of ['head', '0.8 to 0.2', '> x', 'top', 'top 0', 'top 1.5'])
    expect(find(text, shape)).toMatchObject({ kind: 'nothing' })
})

test('keys that concern heads do so to the chosen ones', () => {
  expect(perform(initial, 'off', around)?.state.edits.map(l => l.change)).toMatchObject([{ kind: 'scale', by: 0 }])
  expect(perform(initial, 'mean', around)?.state.edits.map(l => l.change)).toMatchObject([{ kind: 'mean' }])
  const off = perform(initial, 'off', around)!.state
  expect(perform(off, 'restore', around)?.state.edits).toEqual([])
  expect(perform(off, 'more', around)?.state.edits.map(l => l.change)).toMatchObject([{ by: 0.05 }])
  expect(perform(initial, 'off', { ...around, heads: [] })?.state).toEqual(initial)
})

test('the query walks along the prompt and stays on it', () => {
  const step = (command: 'nextToken' | 'previousToken', queries: number[], tokens = 5) =>
    perform(initial, command, { ...around, tokens, queries })?.state.queries
  expect(step('previousToken', [4])).toEqual([3])
  expect(step('previousToken', [0])).toEqual([0])
  expect(step('nextToken', [4])).toEqual([4])
  expect(step('nextToken', [1, 2])).toEqual([3])
  expect(step('nextToken', [], 0)).toBeUndefined()
})

test('an edge is knocked out from the queries to the key under the cursor, and only where there is one', () => {
  expect(perform(initial, 'edge', around)).toBeUndefined()
  expect(perform(initial, 'edge', { ...around, edge: { key: 2 } })?.state.edits.map(l => l.change)).toEqual([
    { kind: 'knockout', head: { layer: 6, head: 5 }, queries: [4], keys: [2] },
  ])
  expect(perform(initial, 'edge', { ...around, queries: [1], edge: { key: 2 } })).toBeUndefined()
  // What is pointed at has a query of its own; a second press allows the edge again.
  const out = perform(initial, 'edge', { ...around, edge: { key: 2, query: 3 } })!.state
  expect(out.edits.map(l => l.change)).toMatchObject([{ queries: [3], keys: [2] }])
  expect(perform(out, 'edge', { ...around, edge: { key: 2, query: 3 } })!.state.edits).toEqual([])
  // Where what attends to several tokens is shown, there is no one edge.
  expect(perform(initial, 'edge', { ...around, edge: { query: 3 } })).toBeUndefined()
  // Of several queries those before the key have no edge to it.
  const several = perform(initial, 'edge', { ...around, queries: [1, 3, 4], edge: { key: 2 } })!.state
  expect(several.edits.map(l => l.change)).toMatchObject([{ queries: [3, 4], keys: [2] }])
})

test('the direction turns and turns back; where no token is chosen, the one that receives most is', () => {
  const to = perform(initial, 'direction', { ...around, receiver: 3 })!.state
  expect(to).toMatchObject({ incoming: true, queries: [3] })
  expect(perform(to, 'direction', around)?.state).toMatchObject({ incoming: false, queries: [3] })
  expect(perform({ ...initial, queries: [1, 4] }, 'direction', { ...around, receiver: 3 })?.state.queries).toEqual([
    1, 4,
  ])
  expect(perform(initial, 'direction', around)?.state).toMatchObject({ incoming: true, queries: [] })
})

test('so many of the largest and a range stand for each other, and home takes both back', () => {
  const top = withTop(withRange(initial, [0, 1]), 8)
  expect(top).toMatchObject({ top: 8 })
  expect(top.range).toBeUndefined()
  expect(withScore(top, 'previous').top).toBe(8)
  expect(withRange(top, [0, 1]).top).toBeUndefined()
  expect(home(top)).toEqual(initial)
})
