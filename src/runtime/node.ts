// Must stand before the runtime's first import: otherwise it keeps a device id and a database under the home folder.
process.env.ORT_DISABLE_TELEMETRY = '1'

import type { Graph } from '../graph/sym.ts'
import type { Backend, Executable, Residence } from './backend.ts'
import { inCheckpoint } from './in-checkpoint.ts'
import { lowerGraph } from './onnx.ts'
import { executableOf, failed, fetched, type Ort, type OrtOptions, type OrtTensor, toOrt } from './session.ts'
import { noWebgpu, webgpuBackend } from './webgpu.ts'
import type { Weights } from './weights.ts'

export type NodeDevice = 'cpu' | 'webgpu'

/** The session law: what each residence asks of ONNX Runtime, and why, stands in DESIGN (facts measured). */
const sessionOptions = (threads: number, residence: Residence, folder: string): OrtOptions => ({
  executionProviders: ['cpu'],
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  // Graphs come simplified: the runtime's own passes cost more than they save, unless the session stays.
  graphOptimizationLevel: residence === 'once' ? 'disabled' : 'basic',
  enableMemPattern: false,
  enableCpuMemArena: residence !== 'once',
  // Errors of a run arrive as exceptions; printed as well, they would mix with the command's own words.
  logSeverityLevel: 4,
  extra: {
    session: {
      ...(residence === 'once' ? { disable_prepacking: '1' } : {}),
      intra_op: { allow_spinning: residence === 'resident' ? '1' : '0' },
      model_external_initializers_file_folder_path: folder,
    },
  },
})

function cpuBackend(ort: Ort, threads: number): Backend {
  const compile = async (graph: Graph, weights: Weights, residence: Residence = 'once'): Promise<Executable> => {
    const bytes = lowerGraph(graph, weights, 'cpu', inCheckpoint)
    const options = sessionOptions(threads, residence, weights.folder)
    const session = await ort.InferenceSession.create(bytes, options).catch(failed('open'))
    return executableOf(graph, {
      run: async (feeds, into) => {
        const inputs: Record<string, OrtTensor> = {}
        for (const name of graph.inputs.keys()) inputs[name] = toOrt(ort, feeds[name]!)
        if (!into) return await fetched(session, inputs, into)
        const targets = Object.fromEntries(Object.entries(into).map(([name, a]) => [name, toOrt(ort, a)]))
        await session.run(inputs, targets).catch(failed('run'))
        return { ...into }
      },
      release: async () => await session.release(),
    })
  }
  return { name: 'cpu', threads, compile, [Symbol.asyncDispose]: async () => undefined }
}

/**
 * Refuses WebGPU where the system has no Vulkan loader. The runtime would find that out as well, but not without a line
 * of its own on the terminal.
 */
function checkVulkan(): void {
  try {
    process.dlopen({ exports: {} }, 'libvulkan.so.1')
  } catch (error) {
    // The loader is no module of Node's: that it could be opened is all that is asked.
    if (error instanceof Error && error.message.includes('cannot open shared object file'))
      throw noWebgpu('there is no Vulkan loader, libvulkan.so.1')
  }
}

/** ONNX Runtime in Node. `threads`: how many cores one operation on the CPU may use. */
export async function nodeBackend(threads: number, device: NodeDevice = 'cpu'): Promise<Backend> {
  if (device === 'webgpu' && process.platform === 'linux') checkVulkan()
  const ort = await import('onnxruntime-node')
  return device === 'webgpu' ? await webgpuBackend(ort) : cpuBackend(ort, threads)
}
