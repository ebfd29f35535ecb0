import { expect, test } from 'vitest'
import { layerMatched } from '../../src/causal/controls.ts'
import { refusal } from '../support/refusal.ts'

const counts = { layers: 4, heads: 8 }
const at = (layer: number, head: number) => ({ layer, head })

test('all sets where there are few: C(6, 2)² = 225; else 200', () => {
  const four = [at(1, 4), at(1, 5), at(2, 1), at(2, 5)]
  expect(layerMatched(four, counts, { seed: 0 })).toHaveLength(225)
  expect(layerMatched([...four, at(0, 0)], counts, { seed: 0 })).toHaveLength(200)
  expect(layerMatched([at(0, 0)], counts, { seed: 0 })).toHaveLength(7)
})

test('a layer with more tested heads than others is refused', async () => {
  const five = [0, 1, 2, 3, 4].map(head => at(2, head))
  expect(await refusal(() => layerMatched(five, counts, { seed: 0 }))).toMatchObject({
    code: 'control-heads',
    found: 5,
  })
  expect(layerMatched(five.slice(1), counts, { seed: 0 })).toHaveLength(1)
})
