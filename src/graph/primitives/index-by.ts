import { i32 } from '../../words/arrays.ts'
import { HeadwiseError } from '../../words/error.ts'
import { type Dim, sameDim } from '../dim.ts'
import { primitive, zeros } from '../primitive.ts'
import type { Sym } from '../sym.ts'

function inRange(index: number, size: number, name: string): number {
  if (index < 0 || index >= size)
    throw new HeadwiseError(`${name}: the index ${index} is outside 0..${size - 1}.`, {
      code: 'graph-index',
      fault: 'failed',
      where: name,
      found: index,
      allowed: size - 1,
    })
  return index
}

const gatherNode = primitive<{ readonly axis: number }>({
  name: 'gather',
  type: ([table, indices], { axis }) => {
    if (indices!.dtype !== 'i32' || table!.shape[axis] === undefined) return `takes int32 indices into axis ${axis}`
    return {
      dtype: table!.dtype,
      shape: [...table!.shape.slice(0, axis), ...indices!.shape, ...table!.shape.slice(axis + 1)],
    }
  },
  evaluate: ([table, indices], { axis }, shape) => {
    const inner = table!.shape.slice(axis + 1).reduce((p, d) => p * d, 1)
    const size = table!.shape[axis]!
    const count = indices!.data.length
    const out = zeros(table!.dtype, shape)
    for (let i = 0; i < out.data.length; i++) {
      const at = inRange(indices!.data[Math.floor(i / inner) % count]!, size, 'gather')
      out.data[i] = table!.data[(Math.floor(i / inner / count) * size + at) * inner + (i % inner)]!
    }
    return out
  },
  lower: (e, inputs, { axis }) => e.node('Gather', inputs, { axis }),
  flow: ([table, indices], { axis }) => {
    const shift = indices!.shape.length - 1
    return [
      table!.shape.map((_, i) => (i === axis ? null : i < axis ? i : i + shift)),
      indices!.shape.map((_, i) => axis + i),
    ]
  },
})
/** Rows of `table` along `axis` by index: the axis is replaced by the axes of `indices` (int32). */
export const gather = (table: Sym, indices: Sym, axis = 0): Sym => gatherNode([table, indices], { axis })

const gatherAlongNode = primitive<{ readonly axis: number }>({
  name: 'gatherAlong',
  type: ([x, indices], { axis }) => {
    const fits = indices!.dtype === 'i32' && indices!.shape.length === x!.shape.length && x!.shape[axis] !== undefined
    const agree = x!.shape.every((d, i) => i === axis || sameDim(d, indices!.shape[i]!))
    return fits && agree
      ? { dtype: x!.dtype, shape: indices!.shape }
      : `indices must be int32 of the same shape but for axis ${axis}`
  },
  evaluate: ([x, indices], { axis }, shape) => {
    const inner = shape.slice(axis + 1).reduce((p, d) => p * d, 1)
    const size = x!.shape[axis]!
    const out = zeros(x!.dtype, shape)
    for (let i = 0; i < out.data.length; i++) {
      const outer = Math.floor(i / inner / shape[axis]!)
      out.data[i] = x!.data[(outer * size + inRange(indices!.data[i]!, size, 'gatherAlong')) * inner + (i % inner)]!
    }
    return out
  },
  lower: (e, inputs, { axis }) => e.node('GatherElements', inputs, { axis }),
  flow: ([x], { axis }) => {
    const axes = x!.shape.map((_, i) => (i === axis ? null : i))
    return [axes, axes.map((_, i) => i)]
  },
})
/** One cell along `axis` for each index: out[…, i, …] = x[…, indices[…, i, …], …]. */
export const gatherAlong = (x: Sym, indices: Sym, axis: number): Sym =>
  gatherAlongNode([x, indices], { axis: axis < 0 ? axis + x.shape.length : axis })

const iotaNode = primitive<{ readonly length: Dim }>({
  name: 'iota',
  type: (_, { length }) => ({ dtype: 'i32', shape: [length] }),
  evaluate: (_, __, shape) =>
    i32(
      shape,
      Int32Array.from({ length: shape[0]! }, (_, i) => i),
    ),
  lower: (e, _, { length }) => {
    const scalar = (v: string) => e.node('Squeeze', [v])
    const range = e.node('Range', [scalar(e.int64([0])), scalar(e.sizes([length])), scalar(e.int64([1]))])
    return e.node('Cast', [range], { to: 6 })
  },
  flow: () => [],
})
/** 0, 1, …, length − 1 as int32. */
export const iota = (length: Dim): Sym => iotaNode([], { length })
