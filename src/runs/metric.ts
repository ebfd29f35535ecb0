import { peakBytesOf } from '../graph/measure.ts'
import { f32, i32 } from '../words/arrays.ts'
import { HeadwiseError, throwIfAborted } from '../words/error.ts'
import { point } from '../words/site.ts'
import type { Engine, Recipe } from './engine.ts'
import { UNEMBEDDED_ROWS, unembed, unembedding } from './unembed.ts'

/**
 * What is read off a sequence as one number.
 * - `loss`: nats per token, mean over t ≥ 1.
 * - `logit_diff`: mean logit of the answers minus that of the distractors, after the last token.
 * - `prob_diff`: Σ p(answers) − Σ p(distractors), after the last token.
 * - `accuracy`: 1 when the best answer's logit is above every distractor's (every other token's when there are none), else 0.
 * - `next_logprob`: log p(`token`) after the last token, nats.
 * - `sequence_logprob`: Σ log p(ids[t]) over t ≥ `from`, nats.
 * - `kl`: KL(clean ‖ run) of the distributions after the last token, nats.
 */
export type Reading =
  | { readonly metric: 'loss' | 'kl' }
  | {
      readonly metric: 'logit_diff' | 'prob_diff' | 'accuracy'
      readonly answers: readonly number[]
      readonly distractors: readonly number[]
    }
  | { readonly metric: 'sequence_logprob'; readonly from: number }
  | { readonly metric: 'next_logprob'; readonly token: number }

/** One sequence of a sweep and what is read off it. */
export interface Sample {
  readonly ids: readonly number[]
  readonly read: Reading
}

/** Rows whose logits a reading needs, `[first, first + count)`. */
export function rowsRead({ ids, read }: Sample): { readonly first: number; readonly count: number } {
  const time = ids.length
  if (read.metric === 'loss') return { first: 0, count: time - 1 }
  if (read.metric === 'sequence_logprob') return { first: read.from - 1, count: time - read.from }
  return { first: time - 1, count: 1 }
}

/** The vocabulary columns that suffice, or undefined where all are needed. */
export function columnsRead({ read }: Sample): readonly number[] | undefined {
  if (read.metric === 'logit_diff' || (read.metric === 'accuracy' && read.distractors.length > 0))
    return [...read.answers, ...read.distractors]
  return undefined
}

/** Refuses what cannot be read of a sequence; `where` names it. */
export function checkReading({ ids, read }: Sample, vocab: number, where: string): void {
  const refuse = (why: string, at: string, found: unknown, allowed: unknown) =>
    new HeadwiseError(`${where}: ${why}.`, { code: 'reading', fault: 'usage', where: `${where}.${at}`, found, allowed })
  if (read.metric === 'loss' && ids.length < 2)
    throw refuse('a loss needs two tokens or more', 'ids', ids.length, '2 or more')
  if (read.metric === 'sequence_logprob' && !(read.from >= 1 && read.from < ids.length))
    throw refuse('the scored part must begin after the first token and hold one', 'from', read.from, ids.length - 1)
  const known = (id: number): boolean => Number.isInteger(id) && id >= 0 && id < vocab
  if (read.metric === 'next_logprob' && !known(read.token))
    throw refuse('the model has no such token', 'token', read.token, vocab - 1)
  if (!('answers' in read)) return
  if (read.answers.length === 0) throw refuse('there is no answer', 'answers', 0, '1 or more')
  if (read.distractors.length === 0 && read.metric !== 'accuracy')
    throw refuse(`${read.metric} compares answers with distractors, and there is none`, 'distractors', 0, '1 or more')
  const outside = [...read.answers, ...read.distractors].find(id => !known(id))
  if (outside !== undefined) throw refuse('the model has no such token', 'answers', outside, vocab - 1)
}

const mean = (xs: readonly number[]): number => xs.reduce((s, x) => s + x, 0) / xs.length
const total = (xs: readonly number[]): number => xs.reduce((s, x) => s + x, 0)

/** Natural-log probabilities of one row of logits, in double precision. */
export function logProbabilities(logits: Float32Array): Float64Array {
  const largest = logits.reduce((m, x) => Math.max(m, x), Number.NEGATIVE_INFINITY)
  let sum = 0
  for (const x of logits) sum += Math.exp(x - largest)
  const norm = largest + Math.log(sum)
  return Float64Array.from(logits, x => x - norm)
}

/** Σ p·(log p − log q) in nats. */
function divergence(p: Float64Array, q: Float64Array): number {
  let sum = 0
  for (let i = 0; i < p.length; i++) {
    const weight = Math.exp(p[i]!)
    if (weight > 0) sum += weight * (p[i]! - q[i]!)
  }
  return sum
}

/** Compares answers with distractors, or with every other token, by what `of` says of a token. */
function right(answers: readonly number[], others: Iterable<number>, of: (id: number) => number): number {
  const best = Math.max(...answers.map(of))
  for (const id of others) if (!answers.includes(id) && of(id) >= best) return 0
  return 1
}

/** A reading off the logits of the last row; `clean` are the log-probabilities of the unedited run. */
export function readLast(read: Reading, of: (id: number) => number, all?: Float32Array, clean?: Float64Array): number {
  switch (read.metric) {
    case 'logit_diff':
      return mean(read.answers.map(of)) - mean(read.distractors.map(of))
    case 'accuracy':
      return right(read.answers, read.distractors.length > 0 ? read.distractors : all!.keys(), of)
    case 'prob_diff': {
      const logs = logProbabilities(all!)
      const p = (id: number) => Math.exp(logs[id]!)
      return total(read.answers.map(p)) - total(read.distractors.map(p))
    }
    case 'next_logprob':
      return logProbabilities(all!)[read.token]!
    case 'kl':
      return clean ? divergence(clean, logProbabilities(all!)) : 0
    default:
      throw new Error(`${read.metric} is not read off the last row`)
  }
}

/** Rows of the last residual that are unembedded together. */
const GATHERED_ROWS = 8192
/** Rows whose whole logits exist at once. */
const WHOLE_ROWS = 64

/** Runs that are read together. */
export interface ReadTogether {
  readonly by: 'tokens' | 'columns' | 'rows'
  /** Indices of the runs. */
  readonly runs: readonly number[]
  readonly rows: number
  /** Vocabulary columns, where not all are needed. */
  readonly columns?: readonly number[]
}

const wayOf = (sample: Sample): ReadTogether['by'] => {
  const { metric } = sample.read
  if (metric === 'loss' || metric === 'sequence_logprob') return 'tokens'
  return columnsRead(sample) ? 'columns' : 'rows'
}

/** How the metrics of some runs are read: those of one kind together, as many rows as memory should hold. */
export function readings(samples: readonly Sample[]): ReadTogether[] {
  return (['tokens', 'columns', 'rows'] as const).flatMap(by => {
    const most = by === 'rows' ? WHOLE_ROWS : GATHERED_ROWS
    const parts: { runs: number[]; rows: number }[] = []
    for (const [i, sample] of samples.entries()) {
      if (wayOf(sample) !== by) continue
      const { count } = rowsRead(sample)
      if (parts.length === 0 || parts.at(-1)!.rows + count > most) parts.push({ runs: [], rows: 0 })
      parts.at(-1)!.runs.push(i)
      parts.at(-1)!.rows += count
    }
    return parts.map(({ runs, rows }): ReadTogether => {
      if (by !== 'columns') return { by, runs, rows }
      const columns = [...new Set(runs.flatMap(i => columnsRead(samples[i]!)!))]
      return { by, runs, rows, columns }
    })
  })
}

/** Floating-point operations of a reading: the unembedding of its rows and columns. */
export const readingFlops = ({ config }: Engine, { rows, columns }: ReadTogether): number =>
  2 * rows * config.dim * (columns?.length ?? config.vocab)

/** The graph from the last residual to some columns of the logits. */
const columnsRecipe = (engine: Engine): Recipe => ({
  extent: { ...engine.extent(1), columns: true },
  probes: [{ at: point('resid_post', engine.config.layers - 1), do: 'feed' }],
  want: [point('logits')],
})

/** Bytes that a reading needs at once: the rows gathered, and the graph that unembeds them. */
export function readingBytes(engine: Engine, { by, rows, columns }: ReadTogether): number {
  const gathered = 4 * rows * engine.config.dim
  if (by === 'columns')
    return (
      gathered + peakBytesOf(engine.trace(columnsRecipe(engine)), { batch: 1, time: rows, columns: columns!.length })
    )
  const graph = engine.trace(unembedding(engine, { logits: by === 'rows', losses: by === 'tokens' }))
  return gathered + peakBytesOf(graph, { batch: 1, time: Math.min(rows, UNEMBEDDED_ROWS) })
}

/** One run whose reading is due: the rows that its sample reads, [count, dim]. */
export interface Due {
  readonly sample: Sample
  readonly hidden: Float32Array
  /** The run is the unedited one, to which divergences are taken. */
  readonly clean?: boolean
}

/** Reads metrics off last residuals; only the rows and vocabulary columns that a metric reads are computed. */
export class Meter {
  readonly #clean = new Map<Sample, Float64Array>()
  constructor(
    readonly engine: Engine,
    /** Bytes that the caller keeps meanwhile. */
    readonly held: () => number,
  ) {}

  /** The metric of every run, in order. */
  async read(due: readonly Due[], signal?: AbortSignal): Promise<number[]> {
    const values = new Array<number>(due.length)
    for (const together of readings(due.map(d => d.sample))) {
      const hidden = this.#together(together.runs.map(i => due[i]!))
      if (this.engine.ledger) this.engine.ledger.held = this.held() + hidden.byteLength
      if (together.by === 'tokens') await this.#tokens(due, together, hidden, values, signal)
      else if (together.by === 'columns') await this.#columns(due, together, hidden, values, signal)
      else await this.#rows(due, together, hidden, values, signal)
    }
    return values
  }

  #together(part: readonly Due[]): Float32Array {
    const hidden = new Float32Array(part.reduce((n, d) => n + d.hidden.length, 0))
    let at = 0
    for (const d of part) {
      hidden.set(d.hidden, at)
      at += d.hidden.length
    }
    return hidden
  }

  async #tokens(due: readonly Due[], { runs }: ReadTogether, x: Float32Array, values: number[], signal?: AbortSignal) {
    const targets = runs.flatMap(i => {
      const { sample } = due[i]!
      const { first, count } = rowsRead(sample)
      return sample.ids.slice(first + 1, first + 1 + count)
    })
    const { nll } = await unembed(this.engine, x, { targets: Int32Array.from(targets), residence: 'batch', signal })
    let at = 0
    for (const i of runs) {
      const { sample } = due[i]!
      const { count } = rowsRead(sample)
      const sum = nll!.subarray(at, at + count).reduce((s, x) => s + x, 0)
      values[i] = sample.read.metric === 'loss' ? sum / count : -sum
      at += count
    }
  }

  async #columns(
    due: readonly Due[],
    { runs, columns = [] }: ReadTogether,
    x: Float32Array,
    values: number[],
    signal?: AbortSignal,
  ) {
    const { layers, dim } = this.engine.config
    const place = new Map(columns.map((id, c) => [id, c]))
    const from = point('resid_post', layers - 1)
    throwIfAborted(signal)
    const out = await this.engine.run(columnsRecipe(this.engine), {
      [`feed:resid_post@${from.layer}`]: f32([1, runs.length, dim], x),
      columns: i32([columns.length], Int32Array.from(columns)),
    })
    const logits = out.logits!.data
    for (const [row, i] of runs.entries())
      values[i] = readLast(due[i]!.sample.read, id => logits[row * columns.length + place.get(id)!]!)
  }

  async #rows(due: readonly Due[], { runs }: ReadTogether, x: Float32Array, values: number[], signal?: AbortSignal) {
    const { vocab } = this.engine.config
    const { logits } = await unembed(this.engine, x, { logits: true, residence: 'batch', signal })
    for (const [row, i] of runs.entries()) {
      const { sample, clean } = due[i]!
      const all = logits!.subarray(row * vocab, (row + 1) * vocab)
      if (clean && sample.read.metric === 'kl') this.#clean.set(sample, logProbabilities(all))
      values[i] = readLast(sample.read, id => all[id]!, all, clean ? undefined : this.#clean.get(sample))
    }
  }
}
