import { cpus, totalmem } from 'node:os'
import { median as middle } from 'simple-statistics'
import type { LoadOptions } from '../library/open.ts'
import { version } from '../library/version.ts'

/** Smallest and middle value of several runs, and the runs. */
export interface Timing {
  readonly min: number
  readonly median: number
  readonly runs: readonly number[]
}

/** One line of a report: a figure with its unit, or a ratio of two figures of this same run. */
export interface Figure {
  readonly what: string
  readonly value: number
  readonly unit: string
}

export interface BenchReport {
  readonly kind: 'bench'
  readonly name: string
  readonly model: string
  readonly machine: {
    readonly cpu: string
    readonly cores: number
    readonly memoryGiB: number
    readonly threads: number
  }
  readonly versions: Readonly<Record<string, string>>
  readonly figures: readonly Figure[]
  /** What a peer printed, as it printed it. */
  readonly peers: readonly unknown[]
}

/** The peers' Python, the float32 folder of the same model (bench/peers/README.md), and as many threads as ours. */
export interface Peer {
  readonly python: string
  readonly folder: string
  readonly gguf?: string
  readonly threads: number
}

export interface BenchOptions {
  readonly threads: number
  /** What computes ours; default the processor. The peers' device is their own. */
  readonly device?: LoadOptions['device']
  /** Timed runs of each thing; the first, untimed one warms up. */
  readonly reps: number
  /** Left out: no peers. */
  readonly peer?: Peer
  readonly note?: (text: string) => void
  readonly signal?: AbortSignal | undefined
}

/** How a benchmark opens its model. */
export const opening = ({ threads, device, note }: BenchOptions): LoadOptions => ({
  threads,
  ...(device && { device }),
  ...(note && { note }),
})

/** The ids of the peers' prompt of the same length. */
export const benchPrompt = (time: number, vocab: number): number[] =>
  Array.from({ length: time }, (_, i) => (7919 * i + 101) % vocab)

/** Milliseconds of several runs after one that is not counted. */
export async function timed(work: () => Promise<unknown>, reps: number): Promise<Timing> {
  await work()
  const runs: number[] = []
  for (let i = 0; i < reps; i++) {
    const start = performance.now()
    await work()
    runs.push(performance.now() - start)
  }
  return summary(runs)
}

export const summary = (runs: readonly number[]): Timing => ({
  min: Math.min(...runs),
  median: middle([...runs]),
  runs,
})

export const report = (
  name: string,
  model: string,
  threads: number,
  figures: readonly Figure[],
  peers: readonly unknown[],
): BenchReport => ({
  kind: 'bench',
  name,
  model,
  machine: {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    threads,
  },
  versions: { headwise: version, node: process.version },
  figures,
  peers,
})
