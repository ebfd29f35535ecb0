import { f32, i32, type NDArray } from '../../words/arrays.ts'
import type { Dim } from '../dim.ts'
import { broadcastStrides, primitive, walk } from '../primitive.ts'
import type { Flow, Sym, Type } from '../sym.ts'

interface Over {
  /** The axes that are reduced, from 0, ascending; they stay with size 1. */
  readonly axes: readonly number[]
}

const kept = (x: Type, axes: readonly number[]): Dim[] => x.shape.map((d, i) => (axes.includes(i) ? 1 : d))
const flowOf = (x: Type, axes: readonly number[]): Flow => [x.shape.map((_, i) => (axes.includes(i) ? null : i))]
const legal = (x: Type, axes: readonly number[]): string | undefined =>
  axes.every((a, i) => Number.isInteger(a) && a >= 0 && a < x.shape.length && (i === 0 || a > axes[i - 1]!))
    ? undefined
    : `axes ${axes} must be ascending and below ${x.shape.length}`

function fold(
  x: NDArray,
  shape: readonly number[],
  start: number,
  f: (total: number, value: number) => number,
): Float64Array {
  const totals = new Float64Array(shape.reduce((n, d) => n * d, 1)).fill(start)
  walk(x.shape, [broadcastStrides(shape, x.shape)], (flat, [to]) => {
    totals[to!] = f(totals[to!]!, x.data[flat]!)
  })
  return totals
}

function reduction(name: string, onnx: string, start: number, f: (total: number, value: number) => number) {
  const apply = primitive<Over>({
    name,
    type: ([x], { axes }) =>
      x!.dtype === 'f32' ? (legal(x!, axes) ?? { dtype: 'f32', shape: kept(x!, axes) }) : 'takes float32',
    evaluate: ([x], _, shape) => f32(shape, Float32Array.from(fold(x!, shape, start, f))),
    lower: (e, inputs, { axes }) => e.node(onnx, [inputs[0]!, e.int64(axes)], { keepdims: 1 }),
    flow: ([x], { axes }) => flowOf(x!, axes),
  })
  return (x: Sym, ...axes: readonly number[]): Sym =>
    axes.length === 0 ? x : apply([x], { axes: axes.map(a => (a < 0 ? a + x.shape.length : a)) })
}

/** Sum over the axes (negative ones count from the end), which stay with size 1; over no cells it is 0. */
export const sum = reduction('sum', 'ReduceSum', 0, (t, v) => t + v)
/** Largest value over the axes, which stay with size 1; over no cells it is −∞. What NaN gives is not defined. */
export const maximum = reduction('maximum', 'ReduceMax', Number.NEGATIVE_INFINITY, (t, v) =>
  Number.isNaN(v) || v > t ? v : t,
)

const argmaxNode = primitive<{ readonly axis: number }>({
  name: 'argmax',
  type: ([x], { axis }) => {
    if (x!.dtype !== 'f32') return 'takes float32'
    if (x!.shape[axis] === 0) return 'an empty axis has no largest value'
    return legal(x!, [axis]) ?? { dtype: 'i32', shape: kept(x!, [axis]) }
  },
  evaluate: ([x], _, shape) => {
    const best = new Float64Array(shape.reduce((n, d) => n * d, 1)).fill(Number.NEGATIVE_INFINITY)
    const found = new Int32Array(best.length)
    const seen = new Int32Array(best.length)
    walk(x!.shape, [broadcastStrides(shape, x!.shape)], (flat, [to]) => {
      if (x!.data[flat]! > best[to!]!) {
        best[to!] = x!.data[flat]!
        found[to!] = seen[to!]!
      }
      seen[to!]!++
    })
    return i32(shape, found)
  },
  lower: (e, inputs, { axis }) => e.node('Cast', [e.node('ArgMax', inputs, { axis, keepdims: 1 })], { to: 6 }),
  flow: ([x], { axis }) => flowOf(x!, [axis]),
})
/** Index of the (first) largest value along the axis, which stays with size 1. What NaN gives is not defined. */
export const argmax = (x: Sym, axis: number): Sym => argmaxNode([x], { axis: axis < 0 ? axis + x.shape.length : axis })
