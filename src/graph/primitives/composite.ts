import { type Dim, mulDims, sameShape } from '../dim.ts'
import { CONTRIB } from '../emit.ts'
import { composite, elementwiseFlow } from '../primitive.ts'
import type { Flow, Sym, Type } from '../sym.ts'
import { add, div, erf, exp, log, max, mul, neg, sqrt, sub, tanh } from './elementwise.ts'
import { gather } from './index-by.ts'
import { scalar } from './leaf.ts'
import { maximum, sum } from './reduce.ts'
import { concat, reshape, slice } from './shape.ts'

const floats = (...types: (Type | undefined)[]) => types.every(t => t?.dtype === 'f32')
const same = (x: Type): Type | string => (floats(x) ? { dtype: 'f32', shape: x.shape } : 'takes float32')
const rows = (x: Type): Type | string => (x.shape.length > 0 ? same(x) : 'takes at least one axis')
const lastMixed = (x: Type): Flow => [x.shape.map((_, i) => (i === x.shape.length - 1 ? null : i))]

/** The lowest finite float32. */
const LOWEST = scalar(-3.4028234663852886e38)

const softmaxNode = composite<object>({
  name: 'softmax',
  type: ([x]) => rows(x!),
  expand: ([x]) => {
    const e = exp(sub(x!, maximum(x!, -1)))
    return div(e, sum(e, -1))
  },
  lower: (e, inputs) => e.node('Softmax', inputs, { axis: -1 }),
  flow: ([x]) => lastMixed(x!),
})
/** exp(x) / Σ exp(x) over the last axis. */
export const softmax = (x: Sym): Sym => softmaxNode([x], {})

/** Softmax over the last axis in which a row without any finite entry becomes zeros instead of NaN. */
export function softmaxOrZero(x: Sym): Sym {
  const e = exp(sub(x, max(maximum(x, -1), LOWEST)))
  return div(e, max(sum(e, -1), scalar(1.1754943508222875e-38)))
}

const logsumexpNode = composite<object>({
  name: 'logsumexp',
  type: ([x]) => {
    const type = rows(x!)
    return typeof type === 'string' ? type : { dtype: 'f32', shape: type.shape.with(-1, 1) }
  },
  expand: ([x]) => {
    // A row of −∞ alone would otherwise give −∞ − −∞.
    const top = max(maximum(x!, -1), LOWEST)
    return add(log(sum(exp(sub(x!, top)), -1)), top)
  },
  flow: ([x]) => lastMixed(x!),
})
/** ln Σ exp(x) over the last axis, which stays with size 1. */
export const logsumexp = (x: Sym): Sym => logsumexpNode([x], {})

const rmsNormNode = composite<{ readonly eps: number }>({
  name: 'rmsNorm',
  type: ([x, w]) =>
    floats(x, w) && w!.shape.length === 1 && typeof w!.shape[0] === 'number' && w!.shape[0] === x!.shape.at(-1)
      ? { dtype: 'f32', shape: x!.shape }
      : 'takes rows and one weight for each of their cells',
  expand: ([x, w], { eps }) => {
    const width = x!.shape[x!.shape.length - 1] as number
    const meanSquare = mul(sum(mul(x!, x!), -1), scalar(1 / width))
    return mul(div(x!, sqrt(add(meanSquare, scalar(eps)))), w!)
  },
  lower: (e, inputs, { eps }) =>
    e.target === 'portable'
      ? undefined
      : e.node('SimplifiedLayerNormalization', inputs, { axis: -1, epsilon: { float: eps } }),
  flow: ([x], _, out) => [...lastMixed(x!), [out.shape.length - 1]],
})
/** x / √(mean x² + eps) · weight over the last axis (Zhang and Sennrich 2019). */
export const rmsNorm = (x: Sym, weight: Sym, eps: number): Sym => rmsNormNode([x, weight], { eps })

const siluNode = composite<object>({
  name: 'silu',
  type: ([x]) => same(x!),
  expand: ([x]) => div(x!, add(exp(neg(x!)), scalar(1))),
  lower: (e, inputs) =>
    e.target === 'cpu'
      ? e.node('QuickGelu', inputs, { alpha: { float: 1 } }, CONTRIB)
      : e.node('Mul', [inputs[0]!, e.node('Sigmoid', inputs)]),
  flow: (inputs, _, out) => elementwiseFlow(inputs, out),
})
/** x · sigmoid(x). */
export const silu = (x: Sym): Sym => siluNode([x], {})

const geluNode = composite<{ readonly approximate: 'none' | 'tanh' }>({
  name: 'gelu',
  type: ([x]) => same(x!),
  expand: ([x], { approximate }) => {
    const cubic = mul(add(x!, mul(mul(mul(x!, x!), x!), scalar(0.044715))), scalar(Math.sqrt(2 / Math.PI)))
    const cdf = approximate === 'tanh' ? tanh(cubic) : erf(mul(x!, scalar(Math.SQRT1_2)))
    return mul(mul(x!, scalar(0.5)), add(cdf, scalar(1)))
  },
  lower: (e, inputs, { approximate }) => e.node('Gelu', inputs, { approximate }),
  flow: (inputs, _, out) => elementwiseFlow(inputs, out),
})
/** x · Φ(x), exactly or by the tanh approximation (Hendrycks and Gimpel 2016). */
export const gelu = (x: Sym, approximate: 'none' | 'tanh' = 'none'): Sym => geluNode([x], { approximate })

const ropeNode = composite<object>({
  name: 'rope',
  type: ([x, cos, sin, positions]) => {
    const width = x!.shape[3]
    const table = cos!.shape[1]
    if (!floats(x, cos, sin) || x!.shape.length !== 4 || positions!.dtype !== 'i32' || positions!.shape.length !== 2)
      return 'takes [batch, position, head, dimension], two tables [position, dimension/2] and int32 positions [batch, position]'
    if (
      typeof width !== 'number' ||
      typeof table !== 'number' ||
      width !== 2 * table ||
      !sameShape(cos!.shape, sin!.shape)
    )
      return `tables of width ${table} do not turn heads of ${width}`
    return sameShape(positions!.shape, x!.shape.slice(0, 2))
      ? { dtype: 'f32', shape: x!.shape }
      : 'every row takes one position'
  },
  expand: ([x, cosTable, sinTable, positions]) => {
    const half = cosTable!.shape[1] as number
    const [cos, sin] = [cosTable!, sinTable!].map(t => {
      const rows = gather(t, positions!)
      return reshape(rows, [rows.shape[0]!, rows.shape[1]!, 1, half])
    }) as [Sym, Sym]
    const [a, b] = [slice(x!, 3, 0, half), slice(x!, 3, half, 2 * half)]
    return concat([sub(mul(a, cos), mul(b, sin)), add(mul(b, cos), mul(a, sin))], 3)
  },
  lower: (e, inputs, _, node) => {
    if (e.target === 'portable') return undefined
    const [batch, time, heads, width] = node.shape as [Dim, Dim, number, number]
    // Every row as a sequence of its own: the kernel refuses sequences that are longer than the tables.
    const count = mulDims(batch, time)
    const rows = e.node('Reshape', [inputs[0]!, e.reshapeTo([count, 1, heads * width])])
    const positions = e.node('Reshape', [e.node('Cast', [inputs[3]!], { to: 7 }), e.reshapeTo([count, 1])])
    const turned = e.node(
      'RotaryEmbedding',
      [rows, positions, inputs[1]!, inputs[2]!],
      { interleaved: 0, num_heads: heads },
      CONTRIB,
    )
    return e.node('Reshape', [turned, e.reshapeTo(node.shape)])
  },
  flow: ([x, , , positions]) => [
    x!.shape.map((_, i) => (i === 3 ? null : i)),
    [null, null],
    [null, null],
    positions!.shape.map((_, i) => i),
  ],
})
/**
 * Rotary position embedding in the half-split form (Su et al. 2021): x [batch, position, head, dimension],
 * tables of cos and sin [length, dimension/2], positions int32 [batch, position] below that length.
 */
export const rope = (x: Sym, cos: Sym, sin: Sym, positions: Sym): Sym => ropeNode([x, cos, sin, positions], {})
