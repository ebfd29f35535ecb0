import { expect, test } from 'vitest'
import { draggedScale, steppedScale } from '../../../app/src/state/drag.ts'
import { cellOf, everyHead, groupOf, headAt, parseHead } from '../../../app/src/state/head.ts'
import { bindings, commandOf } from '../../../app/src/state/keys.ts'
import { readSets, withSet, writeSets } from '../../../app/src/state/sets.ts'
import { initial } from '../../../app/src/state/state.ts'
import { scaleTo } from '../../../app/src/state/update.ts'

test('dragging down by its reach switches off, and the scale holds on there and at 1', () => {
  expect(draggedScale(1, -96)).toBe(0)
  expect(draggedScale(1, -93)).toBe(0)
  expect(draggedScale(1, -48)).toBe(0.5)
  expect(draggedScale(0, 95)).toBe(1)
  expect(draggedScale(0, 120)).toBe(1.25)
  expect(draggedScale(1, -9999)).toBe(0)
  expect(draggedScale(1, 9999)).toBe(2)
  expect(Object.is(draggedScale(0, -3), 0)).toBe(true)
  expect(steppedScale(0.05, -1)).toBe(0)
  expect(steppedScale(0.1, 2)).toBe(0.2)
})

test('heads have names, cells and groups', () => {
  const shape = { layers: 30, heads: 9, groups: 3 }
  expect(parseHead('6.5')).toEqual({ layer: 6, head: 5 })
  for (const text of ['6', '6.', '06.1', '-1.2', '6.5.1', 'a.b', '99999.1']) expect(parseHead(text)).toBeUndefined()
  expect(everyHead(shape).every((h, i) => cellOf(h, shape) === i)).toBe(true)
  expect(groupOf(headAt(8, shape), shape)).toBe(2)
  expect(groupOf(headAt(2, shape), shape)).toBe(0)
})

test('a key has one command, and none under Ctrl, Alt or Cmd', () => {
  expect(new Set(bindings.map(b => b.key)).size).toBe(bindings.length)
  const press = (key: string, held = {}) => commandOf({ key, ctrlKey: false, metaKey: false, altKey: false, ...held })
  expect(press('0')).toBe('off')
  expect(press('U')).toBe('redo')
  expect(press('0', { ctrlKey: true })).toBeUndefined()
  expect(press('x')).toBeUndefined()
})

test('named sets outlive the page; what is not understood is left out', () => {
  const { edits } = scaleTo(initial, 0)
  const sets = withSet(withSet([], { name: 'no copying', lines: edits }), { name: 'a', lines: [] })
  expect(sets.map(s => s.name)).toEqual(['a', 'no copying'])
  expect(readSets(writeSets(sets))).toEqual(sets)
  expect(withSet(sets, { name: 'a', lines: edits })).toHaveLength(2)
  expect(readSets(null)).toEqual([])
  expect(readSets('{')).toEqual([])
  expect(readSets('[{"name":"x","lines":["z:1.1*0",7,"?"]},{"name":3},null]')).toMatchObject([
    { name: 'x', lines: [{}] },
  ])
})
