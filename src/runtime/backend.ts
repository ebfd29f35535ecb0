import type { Dims } from '../graph/dim.ts'
import type { Graph } from '../graph/sym.ts'
import type { NDArray } from '../words/arrays.ts'
import { HeadwiseError } from '../words/error.ts'
import type { Weights } from './weights.ts'

export type Feeds = Readonly<Record<string, NDArray>>
export type Arrays = Record<string, NDArray>

/**
 * How a session will live. `once` opens at once and shares the weights with every other session through the page cache.
 * `batch` packs its own copy of the weights and keeps its scratch memory: for many large batches through a small graph,
 * closed when they are done. `resident` is a packed session whose threads also wait actively: one alone, for many small
 * runs.
 */
export type Residence = 'once' | 'batch' | 'resident'

/** The narrow waist between graphs and whatever computes them. */
export interface Backend extends AsyncDisposable {
  readonly name: 'cpu' | 'webgpu' | 'wasm' | 'reference'
  readonly threads: number
  compile(graph: Graph, weights: Weights, residence?: Residence): Promise<Executable>
}

/** A compiled graph. Runs one at a time. */
export interface Executable extends AsyncDisposable {
  readonly graph: Graph
  /**
   * Computes the outputs (or only those in `into`, written in place). Blocks the calling thread while it runs.
   * Throws `interrupted` when the signal was aborted before it began.
   */
  run(feeds: Feeds, o?: { into?: Feeds; signal?: AbortSignal | undefined }): Promise<Arrays>
  /** Estimate of the bytes of values alive at once in a run of these sizes; weights left out. */
  peakBytes(dims: Dims): number
}

export const sessionClosed = (): HeadwiseError =>
  new HeadwiseError('This session is closed; compile the graph again.', { code: 'session-closed', fault: 'failed' })
