import { HeadwiseError } from '../../words/error.ts'

/** One number of a sweep: the metric of a sample in a run; run −1 is the clean pass. */
export interface ReadingRow {
  readonly run: number
  readonly sample: number
  readonly value: number
}

/** What is measured as one: a prompt, or several sequences whose readings make one number. */
export interface Measurable {
  /** Indices into the samples of the sweep. */
  readonly samples: readonly number[]
  /** The item's metric, from the reading of each of its samples in order. */
  value(of: readonly number[]): number
}

/** Every reading of a sweep, in whatever order they came. */
export class Readings {
  readonly #values: Float64Array
  readonly #runs: number

  constructor(rows: Iterable<ReadingRow>, { samples, runs }: { readonly samples: number; readonly runs: number }) {
    this.#runs = runs
    this.#values = new Float64Array(samples * (runs + 1))
    const seen = new Uint8Array(this.#values.length)
    for (const { run, sample, value } of rows) {
      const at = sample * (runs + 1) + run + 1
      this.#values[at] = value
      seen[at] = 1
    }
    const missing = seen.indexOf(0)
    if (missing < 0) return
    const [sample, run] = [Math.floor(missing / (runs + 1)), (missing % (runs + 1)) - 1]
    throw new HeadwiseError(`The reading of run ${run} on sample ${sample} is missing; compute the sweep again.`, {
      code: 'sweep-incomplete',
      fault: 'failed',
      where: `run ${run}, sample ${sample}`,
      found: 'nothing',
      allowed: 'one reading for each run and sample',
    })
  }

  /** An item's metric in a run; −1 is the clean pass. */
  of({ samples, value }: Measurable, run: number): number {
    return value(samples.map(s => this.#values[s * (this.#runs + 1) + run + 1]!))
  }

  /** Each item's clean metric. */
  clean(items: readonly Measurable[]): Float64Array {
    return Float64Array.from(items, item => this.of(item, -1))
  }

  /**
   * Each item's metric of every cell, [items, cells]: the mean of `perCell` runs that follow each other, from the run
   * `first` on.
   */
  cells(items: readonly Measurable[], cells: number, perCell = 1, first = 0): Float64Array {
    const out = new Float64Array(items.length * cells)
    for (const [i, item] of items.entries())
      for (let c = 0; c < cells; c++) {
        let sum = 0
        for (let k = 0; k < perCell; k++) sum += this.of(item, first + c * perCell + k)
        out[i * cells + c] = sum / perCell
      }
    return out
  }

  /** The same minus each item's clean metric. */
  effects(items: readonly Measurable[], cells: number, perCell = 1): Float64Array {
    const clean = this.clean(items)
    const out = this.cells(items, cells, perCell)
    for (let i = 0; i < out.length; i++) out[i]! -= clean[Math.floor(i / cells)]!
    return out
  }
}
