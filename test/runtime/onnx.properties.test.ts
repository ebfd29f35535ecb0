import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inCheckpoint } from '../../src/runtime/in-checkpoint.ts'
import { nodeBackend } from '../../src/runtime/node.ts'
import { lowerGraph } from '../../src/runtime/onnx.ts'
import '../support/allclose.ts'
import type { NDArray } from '../../src/words/arrays.ts'
import { FAMILIES } from '../support/cases.ts'
import { readModel } from '../support/onnx.ts'
import { graphOverWeights } from '../support/over-weights.ts'
import { graphOver, runOnce } from '../support/run.ts'
import { fileWeights } from '../support/weights.ts'

const none = fileWeights({})
const cpu = await nodeBackend(1)
const ort = await import('onnxruntime-node')

/** Operators of ONNX's own set that the portable form may use; what is not in the standard cannot be here. */
const STANDARD = new Set(
  `Abs Add ArgMax Cast Concat Div Equal Erf Exp Expand Gather GatherElements Gelu Gemm Identity LessOrEqual Log MatMul
  Max Mul Neg Range ReduceMax ReduceSum Reshape Shape Sigmoid Slice Softmax Sqrt Squeeze Sub Tanh Transpose Where`.split(
    /\s+/,
  ),
)
const ORT_TYPE = { f32: 'float32', i32: 'int32', bool: 'bool' } as const
const FROM_ORT: Record<string, NDArray['dtype']> = { float32: 'f32', int32: 'i32', bool: 'bool' }

async function runBytes(bytes: Uint8Array, feeds: Readonly<Record<string, NDArray>>): Promise<NDArray> {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 })
  const tensors = Object.entries(feeds).map(
    ([n, a]) => [n, new ort.Tensor(ORT_TYPE[a.dtype], a.data, a.shape)] as const,
  )
  const { y } = await session.run(Object.fromEntries(tensors))
  const out = { dtype: FROM_ORT[y!.type], shape: y!.dims, data: y!.data } as NDArray
  await session.release()
  return out
}

test.for(Object.entries(FAMILIES))(
  'the portable form of %s: standard operators only, and the same numbers',
  ([, { cases, tolerance }]) =>
    fc.assert(
      fc.asyncProperty(cases, async ({ arrays, build }) => {
        const { graph, feeds } = graphOver(arrays, build)
        const bytes = lowerGraph(graph, none, 'portable', inCheckpoint)
        const { nodes, opsets } = readModel(bytes)
        expect(opsets).toEqual({ '': 21 })
        expect(nodes.filter(n => n.domain !== '' || !STANDARD.has(n.type))).toEqual([])
        expect(await runBytes(bytes, feeds)).toBeAllclose((await runOnce(cpu, graph, feeds, none)).y!, tolerance)
      }),
      { numRuns: 25 },
    ),
)

test.for(Object.entries(FAMILIES))('%s over weights of a file = over the same values fed', ([, { cases, tolerance }]) =>
  fc.assert(
    fc.asyncProperty(cases, async ({ arrays, build }) => {
      const { graph: fed, feeds } = graphOver(arrays, build)
      const { graph, feeds: rest, weights } = graphOverWeights(arrays, build)
      using _ = weights
      expect((await runOnce(cpu, graph, rest, weights)).y).toBeAllclose(
        (await runOnce(cpu, fed, feeds, none)).y!,
        tolerance,
      )
    }),
    { numRuns: 25 },
  ),
)
