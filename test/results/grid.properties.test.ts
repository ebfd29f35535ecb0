import fc from 'fast-check'
import { expect, test } from 'vitest'
import { gridOf, gridValues } from '../../src/results/grid.ts'
import { toJson } from '../../src/results/json.ts'
import { readResult } from '../../src/results/read.ts'
import type { Grid } from '../../src/words/grid.ts'
import { spec } from './examples.ts'

const names = ['layer', 'head', 'query', 'key'] as const
const grids = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }).chain(shape => {
  const length = shape.reduce((n, d) => n * d, 1)
  return fc.record({
    shape: fc.constant(shape),
    data: fc.array(fc.double(), { minLength: length, maxLength: length }),
    metric: fc.string({ unit: 'binary' }),
  })
})

test('every grid keeps its shape and numbers through its JSON document', () => {
  fc.assert(
    fc.property(grids, ({ shape, data, metric }) => {
      const axes = shape.map((_, i) => ({ name: names[i]! }))
      const grid = gridOf({ axes, shape, values: Float64Array.from(data), metric, spec })
      const back = readResult(toJson(grid), 'g.json') as Grid
      // −0 is written as 0.
      expect(gridValues(back)).toEqual({ shape, data: Float64Array.from(data, x => (x === 0 ? 0 : x)) })
      expect(back.metric).toBe(metric)
    }),
  )
})

test('a list that lost an entry anywhere is refused', () => {
  fc.assert(
    fc.property(grids, fc.nat(), ({ shape, data, metric }, pick) => {
      const grid = gridOf({ axes: shape.map((_, i) => ({ name: names[i]! })), shape, values: data, metric, spec })
      let list: unknown[] = grid.values
      for (let level = pick % shape.length; level > 0; level--) list = list[pick % list.length] as unknown[]
      list.splice(pick % list.length, 1)
      expect(() => readResult(toJson(grid), 'g.json')).toThrow(expect.objectContaining({ code: 'grid-shape' }))
    }),
  )
})
