import { availableParallelism, freemem } from 'node:os'
import { openModel } from '../checkpoint/reference.ts'
import { prepareWeights } from '../checkpoint/weight-cache.ts'
import { familyOf } from '../models/families/index.ts'
import { Engine } from '../runs/engine.ts'
import type { Backend } from '../runtime/backend.ts'
import { loadTokenizer } from '../text/load.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import { HeadwiseError, type OnProgress } from '../words/error.ts'
import { tokenizerSource } from './tokenizer-source.ts'

/** What computes: ONNX Runtime on the processor, on a GPU, in WebAssembly; or the slow evaluator. */
export type Device = (typeof DEVICES)[number]
const DEVICES = ['cpu', 'reference', 'wasm', 'webgpu'] as const

export interface LoadOptions {
  /**
   * `cpu` (the default); `webgpu`, where there is a driver; `auto`: whichever of the two multiplies faster; `wasm`, where
   * there is no build for the processor; `reference`: the slow evaluator that everything is compared with.
   */
  readonly device?: Device | 'auto'
  /** Cores for one operation; default all that this process may use. */
  readonly threads?: number
  /** Most bytes of activations and captures at once; default three quarters of the free memory. */
  readonly budget?: number
  /**
   * For a program that runs many texts: the weights are packed once (half a second and a private copy for a model of
   * 135M weights), and every run after that is faster. Default: weights stay mapped and shared.
   */
  readonly resident?: boolean
  /** Hash and check all weights again instead of remembering. */
  readonly verify?: boolean
  /** Load weights that hold NaN or infinities. */
  readonly acceptNonFinite?: boolean
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: OnProgress | undefined
  /** Told, in one sentence, what the user should know. */
  readonly note?: (text: string) => void
}

/** A model, opened: its engine, and its tokenizer once somebody asks for it. */
export interface Opened {
  readonly reference: string
  readonly device: Device
  readonly threads: number
  readonly budget: number
  /** Whether the caller set the budget: then it belongs to what a second computation needs. */
  readonly budgetGiven: boolean
  readonly engine: Engine
  readonly tokenizer: () => Promise<Tokenizer>
}

function checkDevice(device: Device | 'auto'): Device | 'auto' {
  const allowed: readonly string[] = [...DEVICES, 'auto']
  if (allowed.includes(device)) return device
  throw new HeadwiseError(`device is ${JSON.stringify(device)}; allowed: ${allowed.join(', ')}.`, {
    code: 'device',
    fault: 'usage',
    where: 'device',
    found: device,
    allowed,
  })
}

async function backendOf(device: Device | 'auto', threads: number, note: LoadOptions['note']): Promise<Backend> {
  if (device === 'reference') return (await import('../runtime/reference.ts')).referenceBackend()
  // Its threads are Web Workers, which Node does not have.
  if (device === 'wasm') return await (await import('../runtime/web.ts')).webBackend({ device, threads: 1 })
  const { nodeBackend } = await import('../runtime/node.ts')
  if (device !== 'auto') return await nodeBackend(threads, device)
  return await (await import('./faster-backend.ts')).fasterBackend(threads, note)
}

function checkThreads(threads: number): number {
  if (Number.isInteger(threads) && threads >= 1 && threads <= 1024) return threads
  throw new HeadwiseError(`threads is ${threads}; it must be a whole number from 1 to 1024.`, {
    code: 'threads',
    fault: 'usage',
    where: 'threads',
    found: threads,
    allowed: '1 to 1024',
  })
}

/** Opens a checkpoint: checks it, makes its weights available as float32, starts the backend. */
export async function open(reference: string, o: LoadOptions = {}): Promise<Opened> {
  const device = checkDevice(o.device ?? 'cpu')
  const threads = checkThreads(o.threads ?? availableParallelism())
  const source = await openModel(reference)
  for (const note of source.notes) o.note?.(note)
  const family = familyOf(source)
  const config = family.config(source)
  const starting = backendOf(device, threads, o.note)
  // The processor's backend always starts; another one is known to work before weights are read.
  if (device !== 'cpu') await starting
  const [weights, backend] = await Promise.all([
    prepareWeights(source, family.layout(config, source), {
      ...(o.verify ? { verify: true } : {}),
      ...(o.acceptNonFinite ? { acceptNonFinite: true } : {}),
      ...(o.signal ? { signal: o.signal } : {}),
      ...(o.onProgress ? { onProgress: o.onProgress } : {}),
      ...(o.note ? { note: o.note } : {}),
    }),
    starting,
  ])
  let tokenizer: Promise<Tokenizer> | undefined
  return {
    reference,
    device: backend.name,
    threads: backend.name === 'wasm' ? backend.threads : threads,
    budget: o.budget ?? Math.floor(freemem() * 0.75),
    budgetGiven: o.budget !== undefined,
    engine: new Engine(config, weights, backend, o.resident ? 'resident' : 'once'),
    tokenizer: () => {
      tokenizer ??= loadTokenizer(tokenizerSource(source, config.vocab))
      return tokenizer
    },
  }
}
