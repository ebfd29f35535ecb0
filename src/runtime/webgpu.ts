import { type Dims, dim, dimKey, dimNames, evaluateDim } from '../graph/dim.ts'
import { graphOf } from '../graph/graph.ts'
import { input } from '../graph/primitives/leaf.ts'
import type { Graph } from '../graph/sym.ts'
import { f32, type NDArray } from '../words/arrays.ts'
import { HeadwiseError } from '../words/error.ts'
import type { Arrays, Backend, Executable, Feeds } from './backend.ts'
import { lowerGraph } from './onnx.ts'
import {
  executableOf,
  failed,
  fetched,
  type Opened,
  type Ort,
  type OrtOptions,
  type OrtSession,
  type OrtTensor,
  toOrt,
} from './session.ts'
import { SharedWeights } from './shared-weights.ts'
import { noWeights, type Weights } from './weights.ts'

/** Open sessions of one graph, one for each combination of sizes; the least recently used one is closed first. */
const MOST_SIZES = 8

const sessionOptions = (dims: Dims, kept: boolean): OrtOptions => ({
  executionProviders: ['webgpu'],
  // The provider builds its programs for the sizes that it meets: they are told before.
  freeDimensionOverrides: dims,
  graphOptimizationLevel: 'basic',
  enableMemPattern: false,
  logSeverityLevel: 4,
  ...(kept ? { preferredOutputLocation: 'gpu-buffer' } : {}),
})

/** A size that is another one at every step of a generation: a session for each would be opened for one run. */
const GROWING = 'past'

/**
 * The value of every size that stands as a name, or as a polynomial of names, in the shape of an input; but for those
 * that grow.
 */
function overrides(graph: Graph, dims: Dims): Record<string, number> {
  const all = [...graph.inputs.values()].flatMap(t => t.shape.filter(d => typeof d !== 'number'))
  const named = all.filter(d => !dimNames(d).includes(GROWING))
  return Object.fromEntries(named.map(d => [dimKey(d), evaluateDim(d, dims)]))
}

/**
 * Brings arrays into the GPU's memory: the outputs of a graph that does nothing. They belong to the loader's sessions,
 * which must stay open as long as anything is fed from them; nothing reads them back.
 */
class Loader {
  readonly #sessions = new Map<number, OrtSession>()
  constructor(readonly ort: Ort) {}

  async load(value: NDArray<'f32'>): Promise<OrtTensor> {
    const rank = value.shape.length
    const x = input(
      'x',
      'f32',
      Array.from({ length: rank }, (_, i) => dim(`n${i}`)),
    )
    const session =
      this.#sessions.get(rank) ??
      (await this.ort.InferenceSession.create(
        lowerGraph(graphOf(new Map([['y', x]])), noWeights, 'webgpu', () => 'fed'),
        { ...sessionOptions({}, true), graphOptimizationLevel: 'disabled' },
      ).catch(failed('open')))
    this.#sessions.set(rank, session)
    const { y } = await session.run({ x: toOrt(this.ort, value) }, ['y']).catch(failed('run'))
    return y!
  }

  async close(): Promise<void> {
    for (const session of this.#sessions.values()) await session.release()
    this.#sessions.clear()
  }
}

/** The sessions of one graph on the GPU, opened for the sizes that it meets. */
class SizedSessions implements Opened {
  readonly #open = new Map<string, OrtSession>()
  readonly #bytes: Uint8Array
  readonly #weights: Readonly<Record<string, OrtTensor>>

  constructor(
    readonly ort: Ort,
    readonly graph: Graph,
    bytes: Uint8Array,
    weights: Readonly<Record<string, OrtTensor>>,
  ) {
    this.#bytes = bytes
    this.#weights = weights
  }

  async #session(sizes: Readonly<Record<string, number>>): Promise<OrtSession> {
    const key = JSON.stringify(sizes)
    const known = this.#open.get(key)
    this.#open.delete(key)
    const [oldest] = this.#open
    if (!known && oldest && this.#open.size >= MOST_SIZES) {
      this.#open.delete(oldest[0])
      await oldest[1].release()
    }
    const session =
      known ?? (await this.ort.InferenceSession.create(this.#bytes, sessionOptions(sizes, false)).catch(failed('open')))
    this.#open.set(key, session)
    return session
  }

  async run(feeds: Feeds, into: Feeds | undefined, dims: Dims): Promise<Arrays> {
    const session = await this.#session(overrides(this.graph, dims))
    const inputs: Record<string, OrtTensor> = { ...this.#weights }
    for (const name of this.graph.inputs.keys()) inputs[name] = toOrt(this.ort, feeds[name]!)
    return await fetched(session, inputs, into)
  }

  async release(): Promise<void> {
    for (const session of this.#open.values()) await session.release()
    this.#open.clear()
  }
}

/** Throws `device` where nothing here can be computed with WebGPU. */
async function probe(loader: Loader): Promise<void> {
  try {
    const tensor = await loader.load(f32([1], Float32Array.of(1)))
    tensor.dispose()
  } catch (cause) {
    const { message } = (cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause) as Error
    // What stands before is the runtime's own place in its code.
    const reason = message.split(/was false\. |Error: /).at(-1) ?? ''
    throw noWebgpu(reason.trim().replace(/\.$/, ''), cause)
  }
}

/** The refusal where WebGPU does not work, with the reason that is known. */
export function noWebgpu(found: string, cause?: unknown): HeadwiseError {
  const details = { code: 'device', fault: 'usage', where: 'device', found } as const
  return new HeadwiseError(`WebGPU cannot be used here (${found}); leave the device out.`, details, { cause })
}

/**
 * ONNX Runtime on WebGPU, in Node and in the browser. Weights are brought to the GPU once and fed to every session;
 * results are always fetched: an output that stayed there could not be read safely. Throws `device` where there is no
 * adapter.
 */
export async function webgpuBackend(ort: Ort): Promise<Backend> {
  const loader = new Loader(ort)
  await probe(loader)
  const shared = new SharedWeights(value => loader.load(value))

  const compile = async (graph: Graph, weights: Weights): Promise<Executable> => {
    const names: string[] = []
    const bytes = lowerGraph(graph, weights, 'webgpu', name => {
      names.push(name)
      return 'fed'
    })
    return executableOf(graph, new SizedSessions(ort, graph, bytes, await shared.of(weights, names)))
  }
  return {
    name: 'webgpu',
    threads: 1,
    compile,
    [Symbol.asyncDispose]: async () => {
      shared.dispose()
      await loader.close()
    },
  }
}
