import { f32 } from '../../words/arrays.ts'
import { broadcastShapes, type Dim, mulDims, productOf, sameDim } from '../dim.ts'
import { CONTRIB } from '../emit.ts'
import { broadcastStrides, primitive, walk } from '../primitive.ts'
import type { Sym } from '../sym.ts'

const matmulNode = primitive<object>({
  name: 'matmul',
  type: ([a, b]) => {
    const [m, k] = a!.shape.slice(-2)
    const [k2, n] = b!.shape.slice(-2)
    const batch = broadcastShapes(a!.shape.slice(0, -2), b!.shape.slice(0, -2))
    if (m === undefined || k === undefined || k2 === undefined || n === undefined)
      return 'takes two matrices or stacks of them'
    if (a!.dtype !== 'f32' || b!.dtype !== 'f32') return 'takes float32'
    // The runtime leaves such a product unwritten.
    if (k === 0) return 'a product over no cells'
    if (!sameDim(k, k2)) return `the inner sizes ${k} and ${k2} differ`
    return batch ? { dtype: 'f32', shape: [...batch, m, n] } : 'the stacks do not broadcast'
  },
  evaluate: ([a, b], _, shape) => {
    const [m, n] = shape.slice(-2) as [number, number]
    const k = a!.shape[a!.shape.length - 1]!
    const out = new Float32Array(shape.reduce((p, d) => p * d, 1))
    const stack = shape.slice(0, -2)
    const strides = [a!, b!].map(x => broadcastStrides(x.shape.slice(0, -2), stack))
    walk(stack, strides, (flat, [ia, ib]) => {
      for (let i = 0; i < m; i++)
        for (let j = 0; j < n; j++) {
          let s = 0
          for (let l = 0; l < k; l++) s += a!.data[(ia! * m + i) * k + l]! * b!.data[(ib! * k + l) * n + j]!
          out[(flat * m + i) * n + j] = s
        }
    })
    return f32(shape, out)
  },
  lower: (e, inputs) => e.node('MatMul', inputs),
  flow: ([a, b], _, out) => {
    const rank = out.shape.length
    const along = (axes: number, matrix: (number | null)[]) => [
      ...Array.from({ length: axes - 2 }, (_, i) => rank - axes + i),
      ...matrix,
    ]
    return [along(a!.shape.length, [rank - 2, null]), along(b!.shape.length, [null, rank - 1])]
  },
  flops: ([a], out) => [mulDims(2, mulDims(productOf(out.shape), a!.shape[a!.shape.length - 1]!))],
})
/** [..., m, k] · [..., k, n] → [..., m, n], the stacks broadcast. */
export const matmul = (a: Sym, b: Sym): Sym => matmulNode([a, b], {})

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
    return flat ? product : e.node('Reshape', [product, e.sizes(node.shape)])
  },
  flow: (inputs, _, out) => {
    const rank = out.shape.length
    return inputs.map((t, i) =>
      i === 0 ? t.shape.map((_, a) => (a === rank - 1 ? null : a)) : i === 1 ? [rank - 1, null] : [rank - 1],
    )
  },
  flops: ([x], out) => [mulDims(2, mulDims(productOf(out.shape), x!.shape[x!.shape.length - 1]!))],
})
/** [..., in] · [out, in]ᵀ + [out] → [..., out]. */
export const linear = (x: Sym, weight: Sym, bias?: Sym): Sym => linearNode(bias ? [x, weight, bias] : [x, weight], {})
