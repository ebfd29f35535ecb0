import { sizeOf } from '../words/arrays.ts'
import { HeadwiseError } from '../words/error.ts'
import type { Cell, Grid, NestedCells } from '../words/grid.ts'
import type { Spec } from '../words/spec.ts'
import { numberOf } from './json.ts'

export type GridAxis = Pick<Grid['axes'][number], 'name' | 'unit' | 'labels'>
type Numbers = ArrayLike<number>

/** A grid as arrays: row-major, each of the product of `shape` numbers. NaN in `low` and `high` means no interval. */
export interface GridParts {
  readonly axes: readonly GridAxis[]
  readonly shape: readonly number[]
  readonly values: Numbers
  readonly low?: Numbers | undefined
  readonly high?: Numbers | undefined
  /** Prompts behind each cell, or behind all of them. */
  readonly n?: Numbers | number | undefined
  /** Probability of each cell under its null, and its false discovery rate; NaN where there is none. */
  readonly p?: Numbers | undefined
  readonly q?: Numbers | undefined
  readonly metric: string
  readonly higherIsBetter?: boolean | undefined
  readonly spec: Spec
}

const wrong = (where: string, found: unknown, allowed: unknown, file?: string): HeadwiseError =>
  new HeadwiseError(
    `${file ? `${file}: ` : ''}${where} of the grid is ${String(found)}; expected ${String(allowed)}.`,
    {
      code: 'grid-shape',
      where,
      found,
      allowed,
      ...(file !== undefined && { file }),
    },
  )

/** The JSON form of numbers over axes; every axis says its size. */
export function gridOf({ axes, shape, values, low, high, n, p, q, metric, higherIsBetter, spec }: GridParts): Grid {
  if (axes.length !== shape.length)
    throw wrong('the shape', `${shape.length} sizes`, `one for each of ${axes.length} axes`)
  const nested = (data: Numbers, where: string, cell: (x: number) => Cell): NestedCells[] => {
    if (data.length !== sizeOf(shape)) throw wrong(where, `${data.length} numbers`, `${shape.join(' × ')} numbers`)
    return nest(data, shape, cell)
  }
  return {
    kind: 'grid',
    axes: axes.map(({ name, unit, labels }, i) => {
      const size = shape[i]!
      if (labels && labels.length !== size) throw wrong(`axes[${i}].labels`, `${labels.length} labels`, size)
      return { name, size, ...(unit !== undefined && { unit }), ...(labels && { labels: [...labels] }) }
    }),
    metric,
    ...(higherIsBetter !== undefined && { higherIsBetter }),
    values: nested(values, 'values', marked),
    ...(low && { low: nested(low, 'low', orNull) }),
    ...(high && { high: nested(high, 'high', orNull) }),
    ...(n !== undefined && { n: typeof n === 'number' ? n : nested(n, 'n', marked) }),
    ...(p && { p: nested(p, 'p', orNull) }),
    ...(q && { q: nested(q, 'q', orNull) }),
    spec,
  }
}

const marked = (x: number): Cell => (Number.isFinite(x) ? x : (String(x) as 'NaN' | 'Infinity' | '-Infinity'))
const orNull = (x: number): Cell => (Number.isNaN(x) ? null : marked(x))

function nest(data: Numbers, shape: readonly number[], cell: (x: number) => Cell): NestedCells[] {
  let at = 0
  const level = (axis: number): NestedCells[] =>
    Array.from({ length: shape[axis]! }, () => (axis === shape.length - 1 ? cell(data[at++]!) : level(axis + 1)))
  return level(0)
}

/** The sizes of a grid's axes: as stated, else as labelled, else as the first list of that depth is long. */
export function gridShape(grid: Pick<Grid, 'axes' | 'values'>, file?: string): number[] {
  let first: NestedCells | undefined = grid.values
  return grid.axes.map(({ size, labels }, i) => {
    const length: number = size ?? labels?.length ?? (Array.isArray(first) ? first.length : 0)
    if (labels && labels.length !== length) throw wrong(`axes[${i}].labels`, `${labels.length} labels`, length, file)
    first = Array.isArray(first) ? first[0] : undefined
    return length
  })
}

/** Nested cells as a row-major array; null is NaN. Refuses lists that do not fit the shape and cells that are no numbers. */
export function flatCells(cells: unknown, shape: readonly number[], where: string, file?: string): Float64Array {
  // Grown cell by cell: a size that the file states sizes nothing.
  const data: number[] = []
  const walk = (value: unknown, axis: number, path: string): void => {
    if (axis === shape.length) {
      const number = numberOf(value)
      if (number === undefined)
        throw wrong(path, describe(value), 'a number, "NaN", "Infinity", "-Infinity" or null', file)
      data.push(number)
      return
    }
    if (!Array.isArray(value)) throw wrong(path, describe(value), `a list of ${shape[axis]}`, file)
    if (value.length !== shape[axis]) throw wrong(path, `a list of ${value.length}`, `a list of ${shape[axis]}`, file)
    for (const [i, inner] of value.entries()) walk(inner, axis + 1, `${path}[${i}]`)
  }
  walk(cells, 0, where)
  return Float64Array.from(data)
}

const describe = (value: unknown): string =>
  Array.isArray(value) ? 'a list' : value !== null && typeof value === 'object' ? 'an object' : JSON.stringify(value)

/** The values of a grid as a row-major array with its shape. */
export function gridValues(grid: Grid): { shape: number[]; data: Float64Array } {
  const shape = gridShape(grid)
  return { shape, data: flatCells(grid.values, shape, 'values') }
}
