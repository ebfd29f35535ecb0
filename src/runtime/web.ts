import { graphOf } from '../graph/graph.ts'
import { input } from '../graph/primitives/leaf.ts'
import type { Graph } from '../graph/sym.ts'
import { sizeOf } from '../words/arrays.ts'
import { HeadwiseError } from '../words/error.ts'
import type { Backend, Executable, Residence } from './backend.ts'
import { lowerGraph } from './onnx.ts'
import { executableOf, failed, fetched, type Ort, type OrtOptions, type OrtTensor, toOrt } from './session.ts'
import { SharedWeights } from './shared-weights.ts'
import { webgpuBackend } from './webgpu.ts'
import { noWeights, type Weights } from './weights.ts'

export interface WebOptions {
  readonly device: 'wasm' | 'webgpu'
  /** Threads of the WebAssembly build; more than one only where the page is cross-origin isolated. */
  readonly threads: number
  /** Addresses of the runtime's module and of its WebAssembly; without them they lie beside the package. */
  readonly files?: { readonly mjs: string; readonly wasm: string }
}

/** The runtime's memory ends at 4 GiB and never shrinks: sessions hold at most so many bytes of weights of their own. */
const MOST_OWN = 256 * 2 ** 20

const sessionOptions = (residence: Residence): OrtOptions => ({
  executionProviders: ['wasm'],
  graphOptimizationLevel: residence === 'once' ? 'disabled' : 'basic',
  enableMemPattern: false,
  logSeverityLevel: 4,
})

/** The weights that a session holds itself, as files that the runtime finds by name while it opens. */
interface OwnWeights {
  readonly files: { path: string; data: Uint8Array }[]
  bytes: number
}

/**
 * ONNX Runtime's WebAssembly build. A session that opens once is fed its weights at every run (a copy of 4 bytes a
 * weight, well below what computing with it takes); one that stays packs its own copy, while there is room for it.
 */
function wasmBackend(ort: Ort, threads: number): Backend {
  const shared = new SharedWeights(async value => toOrt(ort, value))
  let owned = 0

  const compile = async (graph: Graph, weights: Weights, residence: Residence = 'once'): Promise<Executable> => {
    const own: OwnWeights = { files: [], bytes: 0 }
    const names: string[] = []
    const bytes = lowerGraph(graph, weights, 'wasm', (name, { shape }) => {
      const size = 4 * sizeOf(shape)
      if (residence === 'once' || size === 0 || owned + own.bytes + size > MOST_OWN) {
        names.push(name)
        return 'fed'
      }
      const { buffer, byteOffset, byteLength } = weights.read(name)
      own.files.push({ path: name, data: new Uint8Array(buffer, byteOffset, byteLength) })
      own.bytes += size
      return { location: name, offset: 0, length: size }
    })
    const fed = await shared.of(weights, names)
    const session = await ort.InferenceSession.create(bytes, {
      ...sessionOptions(residence),
      externalData: own.files,
    }).catch(failed('open'))
    owned += own.bytes
    return executableOf(graph, {
      run: async (feeds, into) => {
        const inputs: Record<string, OrtTensor> = { ...fed }
        for (const name of graph.inputs.keys()) inputs[name] = toOrt(ort, feeds[name]!)
        return await fetched(session, inputs, into)
      },
      release: async () => {
        owned -= own.bytes
        await session.release()
      },
    })
  }
  return { name: 'wasm', threads, compile, [Symbol.asyncDispose]: async () => shared.dispose() }
}

/** Fetches and compiles the WebAssembly, which would otherwise wait for the first graph. Throws `unreachable`. */
async function start(ort: Ort, files: WebOptions['files']): Promise<void> {
  const nothing = graphOf(new Map([['y', input('x', 'f32', [1])]]))
  const bytes = lowerGraph(nothing, noWeights, 'wasm', () => 'fed')
  const session = await ort.InferenceSession.create(bytes, sessionOptions('once')).catch((cause: unknown) => {
    const found = cause instanceof Error ? cause.message : String(cause)
    throw new HeadwiseError(
      `The engine’s WebAssembly could not be loaded${files ? ` from ${files.mjs} and ${files.wasm}` : ''}; check the connection and that the host has both files, and reload the page.`,
      { code: 'unreachable', fault: 'failed', found, ...(files && { file: files.wasm }) },
      { cause },
    )
  })
  await session.release()
}

/** ONNX Runtime Web: WebAssembly, or WebGPU where the browser has it. */
export async function webBackend({ device, threads, files }: WebOptions): Promise<Backend> {
  const ort = device === 'webgpu' ? await import('onnxruntime-web/webgpu') : await import('onnxruntime-web/wasm')
  ort.env.wasm.numThreads = threads
  if (files) ort.env.wasm.wasmPaths = { ...files }
  if (device === 'webgpu') return await webgpuBackend(ort)
  await start(ort, files)
  return wasmBackend(ort, threads)
}
