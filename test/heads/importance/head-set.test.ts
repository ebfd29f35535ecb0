import { expect, test } from 'vitest'
import { byLayer, checkHeads, everyHead, headName, setName } from '../../../src/heads/importance/head-set.ts'
import { refusal } from '../../support/refusal.ts'

const counts = { layers: 3, heads: 4 }
const at = (layer: number, head: number) => ({ layer, head })

test('every head once, in the order of a grid', () => {
  const all = everyHead(counts)
  expect(all.map(set => set.length)).toEqual(new Array(12).fill(1))
  expect([0, 5, 11].map(i => headName(all[i]![0]!))).toEqual(['0.0', '1.1', '2.3'])
})

test('a set by layer, lowest first, each head once; its name does not depend on the order', () => {
  const set = [at(2, 1), at(0, 3), at(2, 0), at(2, 1)]
  expect([...byLayer(set)]).toEqual([
    [0, [3]],
    [2, [0, 1]],
  ])
  expect(setName([at(6, 5), at(5, 4), at(6, 1)])).toBe('5.4+6.1+6.5')
  expect(setName([at(6, 5), at(6, 5)])).toBe('6.5')
})

test.each([
  [[], '0'],
  [[at(3, 0)], '3.0'],
  [[at(0, 0), at(1, 4)], '1.4'],
])('%j is refused by name', async (set, found) => {
  expect(await refusal(() => checkHeads(set, counts))).toMatchObject({ code: 'heads', fault: 'usage' })
  expect(String((await refusal(() => checkHeads(set, counts))).found)).toBe(found)
})
test('its healthy twin passes', () => checkHeads([at(0, 0), at(2, 3)], counts))
