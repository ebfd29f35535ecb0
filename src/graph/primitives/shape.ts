import type { NDArray } from '../../words/arrays.ts'
import { addDims, type Dim, evaluateDim, productOf, type Shape, sameDim, sameShape, subDims } from '../dim.ts'
import { broadcastStrides, primitive, walk, zeros } from '../primitive.ts'
import type { Sym } from '../sym.ts'

/** An array of the same element type, cell by cell from `x` at the given flat index. */
function pick(x: NDArray, shape: readonly number[], from: (flat: number) => number): NDArray {
  const out = zeros(x.dtype, shape)
  for (let i = 0; i < out.data.length; i++) out.data[i] = x.data[from(i)]!
  return out
}

const strided = (x: NDArray, shape: readonly number[], strides: readonly number[], start = 0): NDArray => {
  const from = new Int32Array(shape.reduce((p, d) => p * d, 1))
  walk(shape, [strides], (flat, [offset]) => {
    from[flat] = start + offset!
  })
  return pick(x, shape, i => from[i]!)
}

const contiguous = (shape: readonly number[]): number[] => {
  const strides = new Array<number>(shape.length).fill(1)
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!
  return strides
}

const reshapeNode = primitive<{ readonly shape: Shape }>({
  name: 'reshape',
  type: ([x], { shape }) =>
    sameDim(productOf(x!.shape), productOf(shape)) ? { dtype: x!.dtype, shape } : `cannot hold [${shape.join(', ')}]`,
  evaluate: ([x], _, shape) => pick(x!, shape, i => i),
  lower: (e, inputs, { shape }) =>
    e.node('Reshape', [inputs[0]!, e.reshapeTo(shape)], shape.includes(0) ? { allowzero: 1 } : {}),
  // An axis survives where the sizes before it agree on both sides, and so does its own.
  flow: ([x], _, out) => [
    x!.shape.map((d, i) => {
      const before = productOf(x!.shape.slice(0, i))
      const j = out.shape.findIndex((o, at) => sameDim(o, d) && sameDim(productOf(out.shape.slice(0, at)), before))
      return j < 0 ? null : j
    }),
  ],
})
/** The same cells in row-major order under another shape. */
export const reshape = (x: Sym, shape: Shape): Sym => (sameShape(x.shape, shape) ? x : reshapeNode([x], { shape }))

const permuteNode = primitive<{ readonly order: readonly number[] }>({
  name: 'permute',
  type: ([x], { order }) =>
    order.length === x!.shape.length && [...order].sort((a, b) => a - b).every((a, i) => a === i)
      ? { dtype: x!.dtype, shape: order.map(a => x!.shape[a]!) }
      : `[${order}] is not an order of its axes`,
  evaluate: ([x], { order }, shape) => {
    const strides = contiguous(x!.shape)
    return strided(
      x!,
      shape,
      order.map(a => strides[a]!),
    )
  },
  lower: (e, inputs, { order }) => e.node('Transpose', inputs, { perm: order }),
  flow: ([x], { order }) => [x!.shape.map((_, i) => order.indexOf(i))],
})
/** Axis i of the result is axis `order[i]` of `x`. Where only axes of size 1 move, the cells stay and it is a reshape. */
export function permute(x: Sym, order: readonly number[]): Sym {
  const moved = permuteNode([x], { order })
  const wide = order.filter(axis => x.shape[axis] !== 1)
  return wide.every((axis, i) => i === 0 || axis > wide[i - 1]!) ? reshape(x, moved.shape) : moved
}

const expandNode = primitive<{ readonly shape: Shape }>({
  name: 'expand',
  type: ([x], { shape }) =>
    shape.length >= x!.shape.length &&
    x!.shape.every((d, i) => d === 1 || sameDim(d, shape[shape.length - x!.shape.length + i]!))
      ? { dtype: x!.dtype, shape }
      : `does not broadcast to [${shape.join(', ')}]`,
  evaluate: ([x], _, shape) => strided(x!, shape, broadcastStrides(x!.shape, shape)),
  lower: (e, inputs, { shape }) => e.node('Expand', [inputs[0]!, e.sizes(shape)]),
  flow: ([x], _, out) => [x!.shape.map((_, i) => out.shape.length - x!.shape.length + i)],
})
/** Broadcasts to a shape (aligned at the right), as a copy. */
export const expand = (x: Sym, shape: Shape): Sym => (sameShape(x.shape, shape) ? x : expandNode([x], { shape }))

const sliceNode = primitive<{ readonly axis: number; readonly start: Dim; readonly end: Dim }>({
  name: 'slice',
  type: ([x], { axis, start, end }) => {
    const size = x!.shape[axis]
    if (size === undefined) return `has no axis ${axis}`
    const length = subDims(end, start)
    if (typeof length === 'number' && length < 0) return `ends at ${end} before its start ${start}`
    if (typeof size === 'number' && [start, end].some(d => typeof d === 'number' && (d < 0 || d > size)))
      return `${start}..${end} leaves the axis of ${size}`
    return { dtype: x!.dtype, shape: x!.shape.with(axis, length) }
  },
  evaluate: ([x], { axis, start }, shape, dims) => {
    const strides = contiguous(x!.shape)
    return strided(x!, shape, strides, evaluateDim(start, dims) * strides[axis]!)
  },
  lower: (e, inputs, { axis, start, end }) =>
    e.node('Slice', [inputs[0]!, e.sizes([start]), e.sizes([end]), e.int64([axis])]),
  flow: ([x], { axis }) => [x!.shape.map((_, i) => (i === axis ? null : i))],
})
/** Cells `start` (included) to `end` (left out) of one axis (a negative axis counts from the end). */
export function slice(x: Sym, axis: number, start: Dim, end: Dim): Sym {
  const at = axis < 0 ? axis + x.shape.length : axis
  return start === 0 && sameDim(end, x.shape[at] ?? -1) ? x : sliceNode([x], { axis: at, start, end })
}

const concatNode = primitive<{ readonly axis: number }>({
  name: 'concat',
  type: (inputs, { axis }) => {
    const first = inputs[0]!
    const fits = inputs.every(
      t => t.dtype === first.dtype && sameShape(t.shape.toSpliced(axis, 1), first.shape.toSpliced(axis, 1)),
    )
    if (first.shape[axis] === undefined || !fits) return `sizes must agree but for axis ${axis}`
    return {
      dtype: first.dtype,
      shape: first.shape.with(
        axis,
        inputs.map(t => t.shape[axis]!).reduce((a, b) => addDims(a, b)),
      ),
    }
  },
  evaluate: (inputs, { axis }, shape) => {
    const inner = shape.slice(axis + 1).reduce((p, d) => p * d, 1)
    const widths = inputs.map(x => x.shape[axis]! * inner)
    const width = shape[axis]! * inner
    const from = (flat: number): [number, number] => {
      let column = flat % width
      let which = 0
      while (column >= widths[which]!) column -= widths[which++]!
      return [which, Math.floor(flat / width) * widths[which]! + column]
    }
    const out = zeros(inputs[0]!.dtype, shape)
    for (let i = 0; i < out.data.length; i++) {
      const [which, at] = from(i)
      out.data[i] = inputs[which]!.data[at]!
    }
    return out
  },
  lower: (e, inputs, { axis }) => e.node('Concat', inputs, { axis }),
  flow: (inputs, { axis }) => inputs.map(t => t.shape.map((_, i) => (i === axis ? null : i))),
})
/** Joins along one axis (a negative axis counts from the end). */
export const concat = (inputs: readonly Sym[], axis: number): Sym =>
  inputs.length === 1 ? inputs[0]! : concatNode(inputs, { axis: axis < 0 ? axis + inputs[0]!.shape.length : axis })
