import { logsumexp } from '../graph/primitives/composite.ts'
import { sub } from '../graph/primitives/elementwise.ts'
import { gatherAlong } from '../graph/primitives/index-by.ts'
import { input } from '../graph/primitives/leaf.ts'
import { reshape } from '../graph/primitives/shape.ts'
import type { Sym } from '../graph/sym.ts'
import type { Residence } from '../runtime/backend.ts'
import { f32, i32 } from '../words/arrays.ts'
import { throwIfAborted } from '../words/error.ts'
import { point } from '../words/site.ts'
import type { Engine, Recipe } from './engine.ts'

/** Rows unembedded at once: the logits of all rows of a long text would take gigabytes. */
export const UNEMBEDDED_ROWS = 128

/**
 * −log p(target) of every row in nats, under the name `nll`: logsumexp(logits) − logit of the target, [batch, time].
 * The targets are fed as `targets`, int32 [batch, time, 1].
 */
export const negativeLogLikelihood: NonNullable<Recipe['finish']> = {
  id: 'nll',
  outputs: (logits: Sym) => {
    const rows = logits.shape.slice(0, -1)
    const targets = input('targets', 'i32', [...rows, 1])
    return new Map([['nll', reshape(sub(logsumexp(logits), gatherAlong(logits, targets, -1)), rows)]])
  },
}

interface Unembedded {
  /** [rows, vocabulary], when they were to be kept. */
  readonly logits?: Float32Array
  /** [rows], when targets were given; nats. */
  readonly nll?: Float32Array
}

interface UnembedOptions {
  /** Keep the logits of all rows, or take each block of rows as it comes (the array is used again after the promise settles). */
  readonly logits?: boolean | ((rows: Float32Array) => Promise<void>)
  readonly targets?: Int32Array
  readonly residence?: Residence
  readonly signal?: AbortSignal | undefined
}

/** The graph from the last residual to logits or losses. */
export function unembedding(
  engine: Engine,
  o: { logits: boolean; losses: boolean; residence?: Residence | undefined },
): Recipe {
  return {
    extent: engine.extent(1),
    probes: [{ at: point('resid_post', engine.config.layers - 1), do: 'feed' }],
    want: o.logits ? [point('logits')] : [],
    ...(o.losses ? { finish: negativeLogLikelihood } : {}),
    // Beside a resident session this one must not wait actively: two that do take the cores from each other.
    residence: o.residence ?? (engine.residence === 'resident' ? 'batch' : 'once'),
  }
}

/** From rows of the last residual [rows, dim] to logits and losses, a block of rows at a time. */
export async function unembed(engine: Engine, hidden: Float32Array, o: UnembedOptions): Promise<Unembedded> {
  const { dim, vocab, layers } = engine.config
  const rows = hidden.length / dim
  const at = point('resid_post', layers - 1)
  const take = typeof o.logits === 'function' ? o.logits : undefined
  // A block is computed while the one before is taken.
  const logits = o.logits ? new Float32Array(Math.min(rows, take ? 2 * UNEMBEDDED_ROWS : rows) * vocab) : undefined
  let taken: Promise<void> = Promise.resolve()
  const nll = o.targets ? new Float32Array(rows) : undefined
  const recipe = unembedding(engine, {
    logits: logits !== undefined,
    losses: nll !== undefined,
    residence: o.residence,
  })
  for (let start = 0; start < rows; start += UNEMBEDDED_ROWS) {
    throwIfAborted(o.signal)
    const count = Math.min(UNEMBEDDED_ROWS, rows - start)
    const part = (x: Float32Array, width: number, from = start) => x.subarray(from * width, (from + count) * width)
    const targets = o.targets && i32([1, count, 1], o.targets.subarray(start, start + count))
    const block = logits && part(logits, vocab, take ? start % (2 * UNEMBEDDED_ROWS) : start)
    await engine.run(
      recipe,
      { [`feed:resid_post@${at.layer}`]: f32([1, count, dim], part(hidden, dim)), ...(targets ? { targets } : {}) },
      {
        into: {
          ...(block ? { logits: f32([1, count, vocab], block) } : {}),
          ...(nll ? { nll: f32([1, count], part(nll, 1)) } : {}),
        },
      },
    )
    await taken
    if (block && take) taken = take(block)
    // Told of where it is awaited.
    taken.catch(() => undefined)
  }
  await taken
  return { ...(logits && !take ? { logits } : {}), ...(nll ? { nll } : {}) }
}

/** The k most likely tokens of one row of logits with their natural log-probabilities, most likely first. */
export function topTokens(logits: Float32Array, k: number): { id: number; logprob: number }[] {
  const best: number[] = []
  let least = Number.NEGATIVE_INFINITY
  for (let id = 0; id < logits.length; id++) {
    const x = logits[id]!
    if (best.length === k && !(x > least)) continue
    let at = best.length
    while (at > 0 && x > logits[best[at - 1]!]!) at--
    best.splice(at, 0, id)
    if (best.length > k) best.pop()
    least = logits[best.at(-1)!]!
  }
  const largest = logits[best[0]!]!
  let total = 0
  for (let id = 0; id < logits.length; id++) total += Math.exp(logits[id]! - largest)
  const norm = largest + Math.log(total)
  return best.map(id => ({ id, logprob: logits[id]! - norm }))
}
