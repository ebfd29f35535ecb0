import { expect, test } from 'vitest'
import { begin, redo, settle, step, undo } from '../../../app/src/state/timeline.ts'

test('every step can be undone, and done again', () => {
  const end = Array.from({ length: 1000 }, (_, i) => i + 1).reduce((t, x) => step(t, x), begin(0))
  const start = Array.from({ length: 1000 }).reduce<typeof end>(undo, end)
  expect(start.now).toBe(0)
  expect(undo(start)).toBe(start)
  const again = Array.from({ length: 1000 }).reduce<typeof end>(redo, start)
  expect(again.now).toBe(1000)
  expect(redo(again)).toBe(again)
})

test('a drag is one step; the next drag of the same head is another', () => {
  const first = ['0.9', '0.5', '0.1'].reduce((t, x) => step(t, x, 'drag'), begin('1'))
  const second = ['0.4', '0.8'].reduce((t, x) => step(t, x, 'drag'), settle(first))
  expect(second.now).toBe('0.8')
  expect(undo(second).now).toBe('0.1')
  expect(undo(undo(second)).now).toBe('1')
})

test('a new step forgets what was undone', () => {
  expect(redo(step(undo(step(begin('a'), 'b')), 'c')).now).toBe('c')
})
