import { expect, test } from 'vitest'
import {
  type Change,
  editedHeads,
  fits,
  type Line,
  scaleOf,
  settingOf,
  withChange,
} from '../../../app/src/state/change.ts'
import { editOf, editsInForce } from '../../../app/src/state/change-edit.ts'
import { changeWords } from '../../../app/src/state/change-words.ts'
import { editsSchema } from '../../../src/words/edit.ts'

const h65 = { layer: 6, head: 5 }
const off: Change = { kind: 'scale', head: h65, by: 0, at: 'all' }
const mean: Change = { kind: 'mean', head: h65, at: 'all' }
const last: Change = { kind: 'scale', head: h65, by: 0.4, at: 'last' }
const edge: Change = { kind: 'knockout', head: h65, queries: [14], keys: [3] }
const patch: Change = { kind: 'patch', head: { layer: 4, head: 2 }, from: 'Anna and Ben', at: [3, 4] }
const lines = (...changes: Change[]): Line[] => changes.map(change => ({ change, on: true }))

test('a head has one setting at one place; edges stand beside it', () => {
  const all = [off, edge, last, mean].reduce<readonly Line[]>(withChange, [])
  expect(all).toEqual(lines(mean, edge, last))
})

test('a head at its own value is no line', () => {
  const own: Change = { ...off, by: 1 }
  expect(withChange(lines(off, edge), own)).toEqual(lines(edge))
  expect(withChange(lines(edge), own)).toEqual(lines(edge))
})

test('a line that is off changes nothing', () => {
  const resting: Line[] = [{ change: off, on: false }]
  expect(settingOf(resting, h65)).toBeUndefined()
  expect(scaleOf(resting, h65)).toBe(1)
  expect(editedHeads(resting).size).toBe(0)
  expect(editsInForce(resting, 20)).toEqual([])
  expect(scaleOf(lines(off), h65)).toBe(0)
  expect(scaleOf(lines(mean), h65)).toBeUndefined()
})

test('changes are edits of the library', () => {
  expect([off, mean, last, edge, patch].map(editOf)).toEqual([
    { do: 'zero', at: { site: 'z', layer: 6 }, heads: [5] },
    { do: 'mean', at: { site: 'z', layer: 6 }, heads: [5] },
    { do: 'scale', by: 0.4, at: { site: 'z', layer: 6 }, heads: [5], positions: 'last' },
    { do: 'knockout', at: { site: 'scores', layer: 6 }, heads: [5], queries: [14], keys: [3] },
    { do: 'patch', prompt: 'Anna and Ben', at: { site: 'z', layer: 4 }, heads: [2], positions: [3, 4] },
  ])
  expect(() => editsSchema.parse([off, mean, last, edge, patch].map(editOf))).not.toThrow()
})

test('a change of a position that the prompt has not waits', () => {
  expect([off, last, edge, patch].map(c => fits(c, 14))).toEqual([true, true, false, true])
  expect(editsInForce(lines(edge, off), 14)).toEqual([editOf(off)])
})

test('changes can be read aloud', () => {
  const name = (p: number) => `“${['a', 'b', 'c', 'Tom', 'Mary'][p] ?? 'to'}” (${p})`
  expect([off, last, mean, edge, patch].map(c => changeWords(c, name))).toEqual([
    'head 6.5 off',
    'head 6.5 × 0.4 at the last token',
    'head 6.5 at its mean',
    'head 6.5: “to” (14) cannot attend to “Tom” (3)',
    'head 4.2 at “Tom” (3) and “Mary” (4) as on “Anna and Ben”',
  ])
})
