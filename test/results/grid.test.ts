import { describe, expect, test } from 'vitest'
import { flatCells, gridOf, gridShape, gridValues } from '../../src/results/grid.ts'
import { gridSchema } from '../../src/words/grid.ts'
import { headMap, spec } from './examples.ts'

test('a grid nests its values in axis order, with marks for what JSON lacks', () => {
  expect(headMap.values).toEqual([
    [Math.fround(0.1), -2, 'NaN'],
    ['Infinity', '-Infinity', Math.fround(1e-30)],
  ])
  expect(headMap.low).toEqual([
    [0, -3, null],
    [null, '-Infinity', 0],
  ])
  expect(headMap.axes[0]).toEqual({ name: 'layer', size: 2 })
  expect(gridSchema.parse(headMap)).toEqual(headMap)
})

test('its values come back with their shape', () => {
  const { shape, data } = gridValues(headMap)
  expect(shape).toEqual([2, 3])
  expect([...data]).toEqual([
    Math.fround(0.1),
    -2,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Math.fround(1e-30),
  ])
})

const curve = { axes: [{ name: 'step' }], metric: 'loss', spec } as const

test('what is not given is absent', () => {
  const grid = gridOf({ ...curve, shape: [2], values: [1, 2] })
  expect(Object.keys(grid).sort()).toEqual(['axes', 'kind', 'metric', 'spec', 'values'])
  expect(gridOf({ ...curve, shape: [0], values: [] }).values).toEqual([])
})

test('probabilities are nested like values; a cell without one is null', () => {
  const grid = gridOf({ ...curve, shape: [2], values: [1, 2], p: [0.25, Number.NaN], q: [0.5, Number.NaN] })
  expect([grid.p, grid.q]).toEqual([
    [0.25, null],
    [0.5, null],
  ])
  expect(gridSchema.parse(grid)).toEqual(grid)
})

describe('arrays that do not fit', () => {
  const healthy = { ...curve, shape: [2], values: [1, 2] }
  test.each([
    ['values', { values: [1, 2, 3] }],
    ['low', { low: [1] }],
    ['n', { n: [1, 2, 3] }],
    ['p', { p: [1] }],
    ['q', { q: [1] }],
    ['the shape', { shape: [2, 1] }],
    ['axes[0].labels', { axes: [{ name: 'step' as const, labels: ['a'] }] }],
  ])('%s are refused', (where, wrong) => {
    expect(gridOf(healthy).values).toEqual([1, 2])
    expect(() => gridOf({ ...healthy, ...wrong })).toThrow(expect.objectContaining({ code: 'grid-shape', where }))
  })
})

test('the shape is what the axes say, else what the lists are', () => {
  const bare = { ...headMap, axes: [{ name: 'layer' as const }, { name: 'head' as const }] }
  expect(gridShape(bare)).toEqual([2, 3])
  expect(gridShape({ ...bare, values: [] })).toEqual([0, 0])
  const lost = { ...headMap, values: headMap.values.slice(0, 1) }
  expect(gridShape(lost)).toEqual([2, 3])
  expect(() => gridValues(lost)).toThrow(
    expect.objectContaining({ code: 'grid-shape', where: 'values', found: 'a list of 1', allowed: 'a list of 2' }),
  )
})

test('a stated size sizes nothing', () => {
  expect(() => flatCells([], [2 ** 50], 'values', 'g.json')).toThrow('g.json: values of the grid is a list of 0')
})
