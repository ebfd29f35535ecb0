import { graphOf } from '../graph/graph.ts'
import { matmul } from '../graph/primitives/contract.ts'
import { input } from '../graph/primitives/leaf.ts'
import type { Backend } from '../runtime/backend.ts'
import { nodeBackend } from '../runtime/node.ts'
import { noWeights } from '../runtime/weights.ts'
import { f32 } from '../words/arrays.ts'
import { HeadwiseError } from '../words/error.ts'

/** A small product tells of drivers that are hopeless, a large one whether the way to and fro is worth it. */
const SIZES = [256, 1024]
const HOPELESS_MS = 50
const REPEATS = 3

/** Milliseconds for a product of two square matrices, the best of three, after one that is not timed. */
async function productTime(backend: Backend, size: number): Promise<number> {
  const [a, b] = ['a', 'b'].map(name => input(name, 'f32', [size, size]))
  await using executable = await backend.compile(graphOf(new Map([['y', matmul(a!, b!)]])), noWeights)
  const x = f32([size, size], new Float32Array(size * size).fill(0.5))
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i <= REPEATS; i++) {
    const began = performance.now()
    await executable.run({ a: x, b: x })
    if (i > 0) best = Math.min(best, performance.now() - began)
  }
  return best
}

/**
 * The processor or the GPU, whichever multiplies matrices faster here, what goes to and fro included: drivers that
 * compute on the processor offer themselves as GPUs too.
 */
export async function fasterBackend(threads: number, note?: (text: string) => void): Promise<Backend> {
  const cpu = await nodeBackend(threads)
  let gpu: Backend
  try {
    gpu = await nodeBackend(threads, 'webgpu')
  } catch (error) {
    if (!(error instanceof HeadwiseError)) throw error
    note?.('There is no GPU here that WebGPU can use: the processor computes.')
    return cpu
  }
  let [onCpu, onGpu] = [0, 0]
  for (const size of SIZES) {
    if (onGpu > HOPELESS_MS) break
    onCpu = await productTime(cpu, size)
    onGpu = await productTime(gpu, size)
  }
  const [chosen, other] = onGpu < onCpu ? [gpu, cpu] : [cpu, gpu]
  await other[Symbol.asyncDispose]()
  const ms = (x: number): string => `${x.toFixed(1)} ms`
  note?.(
    `The ${chosen === gpu ? 'GPU' : 'processor'} computes: a matrix product takes ${ms(onGpu)} on the GPU, ${ms(onCpu)} on the processor.`,
  )
  return chosen
}
