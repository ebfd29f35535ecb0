import { f32, type NDArray } from '../../words/arrays.ts'
import { broadcastShapes, type Dim, mulDims, productOf, sameDim } from '../dim.ts'
import { CONTRIB } from '../emit.ts'
import { broadcastStrides, primitive, walk } from '../primitive.ts'
import type { Flow, Sym, Type } from '../sym.ts'

/** Type rule of a product of stacked matrices; `inner` is the axis of b that is summed, from the end. */
function stackedType([a, b]: readonly Type[], inner: 1 | 2): Type | string {
  const [m, k] = a!.shape.slice(-2)
  const k2 = b!.shape.at(-inner)
  const n = b!.shape.at(inner - 3)
  const batch = broadcastShapes(a!.shape.slice(0, -2), b!.shape.slice(0, -2))
  if (m === undefined || k === undefined || b!.shape.length < 2) return 'takes two matrices or stacks of them'
  if (a!.dtype !== 'f32' || b!.dtype !== 'f32') return 'takes float32'
  // The runtime leaves such a product unwritten.
  if (k === 0) return 'a product over no cells'
  if (!sameDim(k, k2!)) return `the inner sizes ${k} and ${k2} differ`
  return batch ? { dtype: 'f32', shape: [...batch, m, n!] } : 'the stacks do not broadcast'
}

/** Σ over k of a[…, i, k] · b[…, k, j] (`inner` 2) or b[…, j, k] (`inner` 1). */
function stackedProduct([a, b]: readonly NDArray[], inner: 1 | 2, shape: readonly number[]): Float32Array {
  const [m, n] = shape.slice(-2) as [number, number]
  const k = a!.shape[a!.shape.length - 1]!
  const out = new Float32Array(shape.reduce((p, d) => p * d, 1))
  const stack = shape.slice(0, -2)
  const [column, row] = inner === 2 ? [1, n] : [k, 1]
  const strides = [a!, b!].map(x => broadcastStrides(x.shape.slice(0, -2), stack))
  walk(stack, strides, (flat, [ia, ib]) => {
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let s = 0
        for (let l = 0; l < k; l++) s += a!.data[(ia! * m + i) * k + l]! * b!.data[ib! * k * n + l * row + j * column]!
        out[(flat * m + i) * n + j] = s
      }
  })
  return out
}

function stackedFlow([a, b]: readonly Type[], inner: 1 | 2, { shape: { length: rank } }: Type): Flow {
  const along = (axes: number, matrix: (number | null)[]) => [
    ...Array.from({ length: axes - 2 }, (_, i) => rank - axes + i),
    ...matrix,
  ]
  const columns = inner === 2 ? [null, rank - 1] : [rank - 1, null]
  return [along(a!.shape.length, [rank - 2, null]), along(b!.shape.length, columns)]
}

/** 2 · rows · columns · inner size. */
const productFlops = ([a]: readonly Type[], out: Type): Dim[] => [
  mulDims(2, mulDims(productOf(out.shape), a!.shape[a!.shape.length - 1]!)),
]

const matmulNode = primitive<object>({
  name: 'matmul',
  type: inputs => stackedType(inputs, 2),
  evaluate: (inputs, _, shape) => f32(shape, stackedProduct(inputs, 2, shape)),
  lower: (e, inputs) => e.node('MatMul', inputs),
  flow: (inputs, _, out) => stackedFlow(inputs, 2, out),
  flops: productFlops,
})
/** [..., m, k] · [..., k, n] → [..., m, n], the stacks broadcast. */
export const matmul = (a: Sym, b: Sym): Sym => matmulNode([a, b], {})

const innerProductsNode = primitive<{ readonly scale: number }>({
  name: 'innerProducts',
  type: inputs => stackedType(inputs, 1),
  evaluate: (inputs, { scale }, shape) =>
    f32(
      shape,
      stackedProduct(inputs, 1, shape).map(x => x * scale),
    ),
  // The fused form reads the rows of b where they are and scales on the way.
  lower: (e, [a, b], { scale }, node) => {
    if (e.target === 'cpu') return e.node('FusedMatMul', [a!, b!], { transB: 1, alpha: { float: scale } }, CONTRIB)
    const rank = node.inputs[1]!.shape.length
    const turned = Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i))
    const product = e.node('MatMul', [a!, e.node('Transpose', [b!], { perm: turned })])
    return e.node('Mul', [product, e.constant(f32([], Float32Array.of(scale)))])
  },
  flow: (inputs, _, out) => stackedFlow(inputs, 1, out),
  flops: productFlops,
})
/** scale · [..., m, k] · [..., n, k]ᵀ → [..., m, n], the stacks broadcast. */
export const innerProducts = (a: Sym, b: Sym, scale: number): Sym => innerProductsNode([a, b], { scale })

const linearNode = primitive<object>({
  name: 'linear',
  type: ([x, w, b]) => {
    const k = x!.shape[x!.shape.length - 1]
    if ([x, w, b].some(t => t && t.dtype !== 'f32')) return 'takes float32'
    if (typeof k !== 'number' || k === 0 || w!.shape.length !== 2)
      return 'takes rows of known width and a weight [out, in]'
    const [out, inner] = w!.shape as readonly [Dim, Dim]
    if (!sameDim(k, inner)) return `rows of ${k} do not fit a weight of ${inner} inputs`
    if (b && (b.shape.length !== 1 || !sameDim(b.shape[0]!, out))) return `the bias must have ${out} values`
    return { dtype: 'f32', shape: [...x!.shape.slice(0, -1), out] }
  },
  evaluate: ([x, w, b], _, shape) => {
    const k = w!.shape[1]!
    const n = w!.shape[0]!
    const rows = shape.slice(0, -1).reduce((p, d) => p * d, 1)
    const out = new Float32Array(rows * n)
    for (let r = 0; r < rows; r++)
      for (let j = 0; j < n; j++) {
        let s = b ? b.data[j]! : 0
        for (let l = 0; l < k; l++) s += x!.data[r * k + l]! * w!.data[j * k + l]!
        out[r * n + j] = s
      }
    return f32(shape, out)
  },
  // Both read the [out, in] rows of a checkpoint in place; a transposed copy of the weight would double the memory.
  // FusedMatMul takes the leading axes as they are, where Gemm's reshapes copy every result that leaves the graph.
  lower: (e, inputs, _, node) => {
    const x = node.inputs[0]!
    if (e.target === 'cpu') {
      const product = e.node('FusedMatMul', inputs.slice(0, 2), { transB: 1 }, CONTRIB)
      return inputs.length === 3 ? e.node('Add', [product, inputs[2]!]) : product
    }
    const flat = x.shape.length === 2
    const rows = flat
      ? inputs[0]!
      : e.node('Reshape', [inputs[0]!, e.int64([-1, x.shape[x.shape.length - 1] as number])])
    const product = e.node('Gemm', [rows, ...inputs.slice(1)], { transB: 1 })
    return flat ? product : e.node('Reshape', [product, e.reshapeTo(node.shape)])
  },
  flow: (inputs, _, out) => {
    const rank = out.shape.length
    return inputs.map((t, i) =>
      i === 0 ? t.shape.map((_, a) => (a === rank - 1 ? null : a)) : i === 1 ? [rank - 1, null] : [rank - 1],
    )
  },
  flops: productFlops,
})
/** [..., in] · [out, in]ᵀ + [out] → [..., out]. */
export const linear = (x: Sym, weight: Sym, bias?: Sym): Sym => linearNode(bias ? [x, weight, bias] : [x, weight], {})
