import { expect, test } from 'vitest'
import { initial } from '../../../app/src/state/state.ts'
import * as update from '../../../app/src/state/update.ts'

const a = { layer: 6, head: 5 }
const b = { layer: 6, head: 1 }

test('heads go into the set and out of it, and one always stays', () => {
  const two = update.toggle(initial, b)
  expect(two.heads).toEqual([a, b])
  expect(update.toggle(two, a).heads).toEqual([b])
  expect(update.toggle(update.toggle(two, a), b).heads).toEqual([b])
  expect(update.choose(two, a).heads).toEqual([a])
})

test('a scale goes to all chosen heads; restoring takes every line of theirs away', () => {
  const both = update.scaleTo(update.toggle(initial, b), 0)
  expect(both.edits.map(l => l.change)).toEqual([
    { kind: 'scale', head: a, by: 0, at: 'all' },
    { kind: 'scale', head: b, by: 0, at: 'all' },
  ])
  const edge = update.edit(both, { kind: 'knockout', head: a, queries: [3], keys: [1] })
  expect(update.restore(edge, [a]).edits.map(l => l.change.head)).toEqual([b])
  expect(update.restore(edge).edits).toEqual([])
})

test('key presses step the scale, from a mean as from 1', () => {
  const down = update.stepScale(update.stepScale(initial, -1), -1)
  expect(down.edits[0]?.change).toMatchObject({ by: 0.9 })
  expect(update.stepScale(down, 2).edits).toEqual([])
  expect(update.stepScale(update.meanOf(initial), -1).edits.map(l => l.change)).toEqual([
    { kind: 'scale', head: a, by: 0.95, at: 'all' },
  ])
})

test('a new prompt lets go of positions; home lets go of order and filter only', () => {
  const s = update.withRange(update.withOrder(update.withQueries(initial, [4, 2, 4]), 'score'), [0.5, 1])
  expect(s.queries).toEqual([2, 4])
  expect(update.withPrompt(s, { text: 'x' }).queries).toEqual([])
  expect(update.home(s)).toEqual({ ...initial, queries: [2, 4] })
  expect(update.toggleQuery(update.toggleQuery(s, 2), 9).queries).toEqual([4, 9])
  const chosen = update.withKey(s, 1)
  expect(chosen.key).toBe(1)
  for (const other of [
    update.withQueries(chosen, [3]),
    update.toggleQuery(chosen, 9),
    update.withPrompt(chosen, { text: 'x' }),
  ])
    expect(other).not.toHaveProperty('key')
})

test('lines have their own switch, and one for all', () => {
  const s = update.scaleTo(update.toggle(initial, b), 0)
  expect(update.toggleLine(s, 1).edits.map(l => l.on)).toEqual([true, false])
  expect(update.switchAll(s, false).edits.map(l => l.on)).toEqual([false, false])
  expect(update.removeLine(s, 0).edits.map(l => l.change.head)).toEqual([b])
})

test('a score does not stand beside itself', () => {
  const s = update.withBeside(initial, 'previous')
  expect(s.beside).toBe('previous')
  expect(update.withScore(s, 'previous').beside).toBeUndefined()
  expect(update.withScore(s, 'sink').beside).toBe('previous')
  expect(update.withBeside(s, s.score).beside).toBeUndefined()
})
