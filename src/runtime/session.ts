import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { peakBytesOf } from '../graph/measure.ts'
import type { Graph } from '../graph/sym.ts'
import type { NDArray } from '../words/arrays.ts'
import { HeadwiseError, throwIfAborted } from '../words/error.ts'
import { type Arrays, type Executable, type Feeds, sessionClosed } from './backend.ts'
import { bindDims, checkTargets } from './feeds.ts'

type OrtTensors = Record<string, OrtTensor>
export type OrtSession = InferenceSession
export type OrtTensor = Tensor
export type OrtOptions = InferenceSession.SessionOptions

/** What the backends need of ONNX Runtime; its packages for Node and for the browser share these types. */
export interface Ort {
  readonly Tensor: typeof Tensor
  readonly InferenceSession: typeof InferenceSession
}

const ORT_TYPE = { f32: 'float32', i32: 'int32', bool: 'bool' } as const
const FROM_ORT = { float32: 'f32', int32: 'i32', bool: 'bool' } as const

export const toOrt = (ort: Ort, { dtype, shape, data }: NDArray): OrtTensor =>
  new ort.Tensor(ORT_TYPE[dtype], data, shape)

export const fromOrt = ({ type, dims, data }: Tensor): NDArray =>
  ({ dtype: FROM_ORT[type as keyof typeof FROM_ORT], shape: dims, data }) as NDArray

/** The runtime's errors as one of ours; for `catch`. */
export const failed = (what: string) => (cause: unknown) => {
  const why = cause instanceof Error ? cause.message : String(cause)
  throw new HeadwiseError(
    `ONNX Runtime could not ${what} the graph: ${why}`,
    { code: 'runtime-failed', fault: 'failed' },
    { cause },
  )
}

/** Runs a session that gives its results in memory of its own; what is wanted `into` arrays is copied there. */
export async function fetched(session: OrtSession, inputs: OrtTensors, into: Feeds | undefined): Promise<Arrays> {
  const wanted = into ? Object.keys(into) : session.outputNames
  const result = await session.run(inputs, wanted).catch(failed('run'))
  const out: Arrays = {}
  for (const name of wanted) {
    const value = fromOrt(result[name]!)
    into?.[name]?.data.set(value.data)
    out[name] = into?.[name] ?? value
  }
  return out
}

/** The open session or sessions of a graph. */
export interface Opened {
  /** Feeds and targets have been checked; `dims` are the values of all named sizes. */
  run(feeds: Feeds, into: Feeds | undefined, dims: Readonly<Record<string, number>>): Promise<Arrays>
  release(): Promise<void>
}

/** The checks around every run: feeds, targets, aborts, use after closing. */
export function executableOf(graph: Graph, opened: Opened): Executable {
  let open = true
  return {
    graph,
    run: async (feeds, { into, signal } = {}) => {
      throwIfAborted(signal)
      if (!open) throw sessionClosed()
      const dims = bindDims(graph, feeds)
      if (into) checkTargets(graph, into, dims)
      return await opened.run(feeds, into, dims)
    },
    peakBytes: dims => peakBytesOf(graph, dims),
    [Symbol.asyncDispose]: async () => {
      if (!open) return
      open = false
      await opened.release()
    },
  }
}
