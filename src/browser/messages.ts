import type { ServiceFault } from '../service/fault.ts'
import type { Verb } from '../service/verbs.ts'
import type { BrowserDevice } from './load.ts'

/** What the page tells the worker. Everything else about a call (checks, defaults) is the service's. */
export type ToWorker =
  | { readonly kind: 'start'; readonly manifest: string; readonly device: BrowserDevice }
  | {
      readonly kind: 'call'
      readonly id: number
      readonly verb: Verb
      readonly params: unknown
      readonly lane: string | undefined
    }
  | { readonly kind: 'cancel'; readonly id: number }

export interface Progress {
  readonly what: string
  readonly done: number
  readonly total: number
}

/** What the worker tells the page; `id` 0 is its own start. */
export type FromWorker =
  | { readonly kind: 'progress'; readonly id: number; readonly progress: Progress }
  | { readonly kind: 'piece'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'end'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly fault: ServiceFault }

export const START = 0

type Typed = Float32Array | Int32Array | Uint8Array
const isTyped = (v: unknown): v is Typed =>
  v instanceof Float32Array || v instanceof Int32Array || v instanceof Uint8Array

/**
 * A value whose typed arrays have memory of their own, and that memory: it is handed over, while the worker keeps what
 * it may need again.
 */
export function handOver(value: unknown): { value: unknown; buffers: ArrayBuffer[] } {
  const buffers: ArrayBuffer[] = []
  const own = (v: unknown): unknown => {
    if (isTyped(v)) {
      const copy = v.slice()
      buffers.push(copy.buffer)
      return copy
    }
    if (Array.isArray(v)) return v.map(own)
    if (v === null || typeof v !== 'object') return v
    return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, own(x)]))
  }
  return { value: own(value), buffers }
}
