// Must stand before the runtime's first import: otherwise it keeps a device id and a database under the home folder.
process.env.ORT_DISABLE_TELEMETRY = '1'

import { peakBytesOf } from '../graph/measure.ts'
import type { Graph } from '../graph/sym.ts'
import type { NDArray } from '../words/arrays.ts'
import { HeadwiseError, throwIfAborted } from '../words/error.ts'
import { type Arrays, type Backend, type Executable, type Residence, sessionClosed } from './backend.ts'
import { bindDims, checkTargets } from './feeds.ts'
import { inCheckpoint } from './in-checkpoint.ts'
import { lowerGraph } from './onnx.ts'
import type { Weights } from './weights.ts'

type Ort = typeof import('onnxruntime-node')
type OrtTensor = import('onnxruntime-node').Tensor

const DTYPE = { f32: 'float32', i32: 'int32', bool: 'bool' } as const
const FROM_ORT = { float32: 'f32', int32: 'i32', bool: 'bool' } as const

/** The session law: what each residence asks of ONNX Runtime, and why, stands in DESIGN (facts measured). */
const sessionOptions = (threads: number, residence: Residence, folder: string) => ({
  executionProviders: ['cpu'],
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  // Graphs come simplified: the runtime's own passes cost more than they save, unless the session stays.
  graphOptimizationLevel: residence === 'once' ? ('disabled' as const) : ('basic' as const),
  enableMemPattern: false,
  enableCpuMemArena: residence !== 'once',
  // Errors of a run arrive as exceptions; printed as well, they would mix with the command's own words.
  logSeverityLevel: 4 as const,
  extra: {
    session: {
      ...(residence === 'once' ? { disable_prepacking: '1' } : {}),
      intra_op: { allow_spinning: residence === 'resident' ? '1' : '0' },
      model_external_initializers_file_folder_path: folder,
    },
  },
})

const toOrt = (ort: Ort, { dtype, shape, data }: NDArray): OrtTensor => new ort.Tensor(DTYPE[dtype], data, shape)

function fromOrt(t: OrtTensor): NDArray {
  const dtype = FROM_ORT[t.type as keyof typeof FROM_ORT]
  return { dtype, shape: t.dims, data: t.data } as NDArray
}

const failed = (what: string) => (cause: unknown) => {
  const why = cause instanceof Error ? cause.message : String(cause)
  throw new HeadwiseError(
    `ONNX Runtime could not ${what} the graph: ${why}`,
    { code: 'runtime-failed', fault: 'failed' },
    { cause },
  )
}

/** ONNX Runtime on the CPU. `threads`: how many cores one operation may use. */
export async function nodeBackend(threads: number): Promise<Backend> {
  const ort = await import('onnxruntime-node')

  const compile = async (graph: Graph, weights: Weights, residence: Residence = 'once'): Promise<Executable> => {
    const bytes = lowerGraph(graph, weights, 'cpu', inCheckpoint)
    const options = sessionOptions(threads, residence, weights.folder)
    const session = await ort.InferenceSession.create(bytes, options).catch(failed('open'))
    let open = true
    return {
      graph,
      run: async (feeds, { into, signal } = {}) => {
        throwIfAborted(signal)
        if (!open) throw sessionClosed()
        const dims = bindDims(graph, feeds)
        if (into) checkTargets(graph, into, dims)
        const inputs: Record<string, OrtTensor> = {}
        for (const name of graph.inputs.keys()) inputs[name] = toOrt(ort, feeds[name]!)
        const fetches = into && Object.fromEntries(Object.entries(into).map(([name, a]) => [name, toOrt(ort, a)]))
        const result = await (fetches ? session.run(inputs, fetches) : session.run(inputs)).catch(failed('run'))
        const out: Arrays = {}
        for (const [name, tensor] of Object.entries(result)) out[name] = into?.[name] ?? fromOrt(tensor as OrtTensor)
        return out
      },
      peakBytes: dims => peakBytesOf(graph, dims),
      [Symbol.asyncDispose]: async () => {
        if (open) await session.release()
        open = false
      },
    }
  }
  return { name: 'cpu', threads, compile, [Symbol.asyncDispose]: async () => undefined }
}
