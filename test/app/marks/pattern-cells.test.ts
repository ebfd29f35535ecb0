import { afterAll, beforeAll, expect, test } from 'vitest'
import { cellsOf, entryIn, placeOf } from '../../../app/src/marks/pattern-cells.ts'
import { topLevel } from '../../../app/src/marks/pattern-view.ts'
import type { Headwise } from '../../../src/library/headwise.ts'
import { load } from '../../../src/library/load.ts'
import { Service } from '../../../src/service/service.ts'
import type { PatternsResult, TileResult } from '../../../src/service/verbs.ts'

let model: Headwise
let service: Service
beforeAll(async () => {
  model = await load('specimen')
  service = new Service(model, { name: 'specimen', specimen: true, notice: '', version: '0', budget: 2 ** 30 })
})
afterAll(async () => {
  await model[Symbol.asyncDispose]()
})

test.for(['pattern', 'scores'] as const)('tiles cut in the page are those that the engine gives: %s', async site => {
  const ids = Array.from({ length: 300 }, (_, i) => (i * 131) % 4000)
  const heads = [{ layer: 6, head: 5 }]
  const { pattern } = (await service.call('patterns', { ids, heads, site })) as PatternsResult
  for (const place of [
    { level: 0, row: 0, column: 0 },
    { level: 0, row: 1, column: 0 },
    { level: 0, row: 1, column: 1 },
    { level: 1, row: 0, column: 0 },
    { level: topLevel(300), row: 0, column: 0 },
    { level: 4, row: 0, column: 0 },
  ]) {
    const { max } = (await service.call('tile', { ids, layer: 6, head: 5, site, ...place })) as TileResult
    const here = cellsOf(site, pattern.data, 300, place)
    expect([here.rows, here.columns]).toEqual(max.shape)
    expect(here.data).toEqual(max.data)
  }
})

test('an entry is found in its tile', () => {
  const time = 600
  const pattern = Float32Array.from({ length: time * time }, (_, i) => (i % 7919) / 7919)
  for (const [q, k] of [
    [0, 0],
    [255, 255],
    [256, 255],
    [599, 300],
  ] as const)
    expect(entryIn(cellsOf('pattern', pattern, time, placeOf(q, k)), q, k)).toBe(pattern[q * time + k])
})
