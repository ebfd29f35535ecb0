import type { DType, NDArray } from '../../words/arrays.ts'
import { broadcastShapes } from '../dim.ts'
import { broadcastStrides, elementwiseFlow, primitive, walk, zeros } from '../primitive.ts'
import type { Sym, Type } from '../sym.ts'

/** Applies `f` cell by cell under broadcasting, in float64, rounded once to the output's type. */
function mapCells(
  inputs: readonly NDArray[],
  dtype: DType,
  shape: readonly number[],
  f: (...x: number[]) => number,
): NDArray {
  const out = zeros(dtype, shape)
  walk(
    shape,
    inputs.map(a => broadcastStrides(a.shape, shape)),
    (flat, offsets) => {
      out.data[flat] = f(...inputs.map((a, i) => a.data[offsets[i]!]!))
    },
  )
  return out
}

const common = (inputs: readonly Type[]) =>
  inputs
    .slice(1)
    .reduce<ReturnType<typeof broadcastShapes>>((s, t) => s && broadcastShapes(s, t.shape), inputs[0]!.shape)

const flow = elementwiseFlow

/** A function of one float. */
function unary(name: string, onnx: string, f: (x: number) => number) {
  const apply = primitive<object>({
    name,
    type: ([x]) => (x!.dtype === 'f32' ? x! : 'takes float32'),
    evaluate: (inputs, _, shape) => mapCells(inputs, 'f32', shape, f),
    lower: (e, inputs) => e.node(onnx, inputs),
    flow: (inputs, _, out) => flow(inputs, out),
  })
  return (x: Sym): Sym => apply([x], {})
}

/** A function of two numbers of one type, under broadcasting. */
function binary(
  name: string,
  onnx: string,
  f: (a: number, b: number) => number,
  takes: readonly DType[] = ['f32', 'i32'],
  result?: 'bool',
) {
  const apply = primitive<object>({
    name,
    type: inputs => {
      const shape = common(inputs)
      const dtype = inputs[0]!.dtype
      if (dtype !== inputs[1]!.dtype || !takes.includes(dtype)) return `takes two of one type, ${takes.join(' or ')}`
      return shape ? { dtype: result ?? dtype, shape } : 'the shapes do not broadcast'
    },
    evaluate: (inputs, _, shape) => mapCells(inputs, result ?? inputs[0]!.dtype, shape, f),
    lower: (e, inputs) => e.node(onnx, inputs),
    flow: (inputs, _, out) => flow(inputs, out),
  })
  return (a: Sym, b: Sym): Sym => apply([a, b], {})
}

export const neg = unary('neg', 'Neg', x => -x)
export const exp = unary('exp', 'Exp', Math.exp)
export const log = unary('log', 'Log', Math.log)
export const sqrt = unary('sqrt', 'Sqrt', Math.sqrt)
export const tanh = unary('tanh', 'Tanh', Math.tanh)
export const erf = unary('erf', 'Erf', errorFunction)

export const add = binary('add', 'Add', (a, b) => a + b)
export const sub = binary('sub', 'Sub', (a, b) => a - b)
export const mul = binary('mul', 'Mul', (a, b) => a * b)
// Whole numbers are not divided: a divisor of 0 would end the process.
export const div = binary('div', 'Div', (a, b) => a / b, ['f32'])
export const max = binary('max', 'Max', (a, b) => (Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : Math.max(a, b)))
export const eq = binary('eq', 'Equal', (a, b) => Number(a === b), ['f32', 'i32'], 'bool')
export const lessOrEqual = binary('lessOrEqual', 'LessOrEqual', (a, b) => Number(a <= b), ['f32', 'i32'], 'bool')

const whereNode = primitive<object>({
  name: 'where',
  type: inputs => {
    const [condition, a, b] = inputs
    const shape = common(inputs)
    if (condition!.dtype !== 'bool' || a!.dtype !== b!.dtype) return 'takes a bool and two of one type'
    return shape ? { dtype: a!.dtype, shape } : 'the shapes do not broadcast'
  },
  evaluate: (inputs, _, shape) => mapCells(inputs, inputs[1]!.dtype, shape, (c, a, b) => (c ? a : b)),
  lower: (e, inputs) => e.node('Where', inputs),
  flow: (inputs, _, out) => flow(inputs, out),
})
/** `a` where the condition holds, else `b`: neither branch can leak into the other (0·∞ does not occur). */
export const where = (condition: Sym, a: Sym, b: Sym): Sym => whereNode([condition, a, b], {})

const ONNX_TYPE = { f32: 1, i32: 6, bool: 9 } as const
const castNode = primitive<{ readonly to: DType }>({
  name: 'cast',
  type: ([x], { to }) => ({ dtype: to, shape: x!.shape }),
  evaluate: (inputs, { to }, shape) =>
    mapCells(inputs, to, shape, x => (to === 'bool' ? Number(x !== 0) : to === 'i32' ? Math.trunc(x) : x)),
  lower: (e, inputs, { to }) => e.node('Cast', inputs, { to: ONNX_TYPE[to] }),
  flow: (inputs, _, out) => flow(inputs, out),
})
export const cast = (x: Sym, to: DType): Sym => (x.dtype === to ? x : castNode([x], { to }))

/**
 * erf to double precision: the Maclaurin series for |x| < 3, the continued fraction of erfc beyond
 * (Abramowitz and Stegun 7.1.5 and 7.1.14).
 */
function errorFunction(x: number): number {
  const a = Math.abs(x)
  if (Number.isNaN(x)) return x
  if (a > 6) return Math.sign(x)
  if (a < 3) {
    let term = x
    let sum = x
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (-x * x) / n
      sum += term / (2 * n + 1)
    }
    return (2 / Math.sqrt(Math.PI)) * sum
  }
  let fraction = 0
  for (let n = 60; n > 0; n--) fraction = n / 2 / (a + fraction)
  return Math.sign(x) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction))
}
