import { KvSlab } from '../attention/kv/slab.ts'
import type { Arrays } from '../runtime/backend.ts'
import { createRandom } from '../statistics/random.ts'
import { i32, type NDArray } from '../words/arrays.ts'
import type { Edit } from '../words/edit.ts'
import { HeadwiseError, throwIfAborted } from '../words/error.ts'
import { isTail, type Point, point, pointKey } from '../words/site.ts'
import { tick } from '../words/tick.ts'
import { checkTokens, sampleOf } from './batch.ts'
import { lowerEdits, type ReadyEdit } from './edits.ts'
import type { Engine, Recipe } from './engine.ts'
import { checkSampling, type Sampling, sampleToken } from './sample.ts'
import { type EditContext, readyEdits } from './values.ts'

export interface GenerateOptions extends EditContext, Sampling {
  readonly maxTokens: number
  readonly seed: number
  /** Tokens that end the text; they are kept in it. */
  readonly endTokens: readonly number[]
  readonly edits?: readonly Edit[]
  readonly capture?: readonly Point[]
  readonly signal?: AbortSignal | undefined
}

export interface GeneratedToken {
  readonly id: number
  /** Captured values of the rows that led to this token, by point key: the prompt's first, then one row each. */
  readonly captured: ReadonlyMap<string, NDArray<'f32'>>
}

/** Above this many tokens a resident session earns back the half second that packing its weights takes. */
const RESIDENT_FROM = 48

/** One sequence that grows: its tokens, its slab, its edits. */
class Growing {
  readonly ids: number[]
  readonly #slab: KvSlab
  readonly #reach: number

  constructor(
    readonly engine: Engine,
    prompt: readonly number[],
    readonly edits: readonly ReadyEdit[],
    readonly o: GenerateOptions,
  ) {
    this.ids = [...prompt]
    this.#reach = prompt.length + o.maxTokens
    const { layers, groups, headDim } = engine.config
    this.#slab = new KvSlab(layers, this.#reach, groups, headDim)
    this.prompt = prompt.length
  }
  readonly prompt: number

  /** Computes the rows that the slab does not hold yet; gives the logits after the last token, and what was captured. */
  async next(): Promise<{ logits: Float32Array; captured: Map<string, NDArray<'f32'>> }> {
    const { engine, o } = this
    const start = this.#slab.length
    const count = this.ids.length - start
    const { probes, feeds } = lowerEdits(
      [{ ids: this.ids, edits: this.edits, last: this.prompt, reach: this.#reach }],
      engine.config,
      {
        start,
        count,
      },
    )
    const capture = o.capture ?? []
    const kv = Array.from({ length: engine.config.layers }, (_, l) => [point('k', l), point('v', l)]).flat()
    const wanted = new Map([...kv, ...capture, point('logits')].map(p => [pointKey(p), p]))
    // Only the last row is unembedded, unless something is read or changed there.
    const read = start === 0 && ![...probes.map(p => p.at), ...capture].some(isTail)
    const recipe: Recipe = {
      extent: engine.extent(count, { past: start > 0, read, reach: this.#reach }),
      probes,
      want: [...wanted.values()],
      residence: start > 0 && o.maxTokens >= RESIDENT_FROM ? 'resident' : 'once',
    }
    const past: Record<string, NDArray> = {}
    for (let l = 0; start > 0 && l < engine.config.layers; l++) {
      const { k, v } = this.#slab.past(l)
      past[`past.${l}.k`] = k
      past[`past.${l}.v`] = v
    }
    const out = await engine.run(
      recipe,
      {
        input: i32([1, count], Int32Array.from(this.ids.slice(start))),
        offset: i32([1], Int32Array.of(start)),
        read: i32([1], Int32Array.of(count - 1)),
        ...past,
        ...feeds,
      },
      { signal: o.signal },
    )
    this.#keep(out, count)
    const logits = (out.logits!.data as Float32Array).slice(-engine.config.vocab)
    const captured = new Map(capture.map(p => [pointKey(p), sampleOf(out[pointKey(p)]!)]))
    return { logits, captured }
  }

  #keep(out: Arrays, count: number): void {
    for (let l = 0; l < this.engine.config.layers; l++)
      this.#slab.write(l, out[`k@${l}`]!.data as Float32Array, out[`v@${l}`]!.data as Float32Array)
    this.#slab.advance(count)
  }
}

/** How many tokens the text may come to have; refused where the model was not made for so many. */
function reachOf({ config }: Engine, prompt: number, maxTokens: number): number {
  if (!Number.isInteger(maxTokens) || maxTokens < 0)
    throw new HeadwiseError(`maxTokens is ${maxTokens}; it must be a whole number from 0 on.`, {
      code: 'max-tokens',
      fault: 'usage',
      where: 'maxTokens',
      found: maxTokens,
      allowed: '0 or more',
    })
  const reach = prompt + maxTokens
  if (reach > config.context)
    throw new HeadwiseError(
      `The prompt has ${prompt} tokens and ${maxTokens} more are asked for, but the model was made for ${config.context} together; shorten the prompt or ask for fewer.`,
      { code: 'prompt-too-long', fault: 'usage', where: 'tokens', found: reach, allowed: config.context },
    )
  return reach
}

/**
 * Continues a text token by token, with edits and captures in force in every pass: the result is what the same edits
 * give on the whole sequence in one pass. Positions of edits count from the start of the text, "last" is the prompt's
 * last token, and token sets also meet new tokens. Edits of keys or values before the new rows are those of the slab.
 */
export async function* generate(
  engine: Engine,
  prompt: readonly number[],
  o: GenerateOptions,
): AsyncGenerator<GeneratedToken> {
  checkTokens(prompt, engine.config.vocab)
  checkSampling(o)
  const reach = reachOf(engine, prompt.length, o.maxTokens)
  const [edits] = await readyEdits(engine, [{ ids: prompt, edits: o.edits ?? [], reach }], o, o.signal)
  const text = new Growing(engine, prompt, edits!, o)
  const random = createRandom(o.seed)
  for (let n = 0; n < o.maxTokens; n++) {
    throwIfAborted(o.signal)
    const { logits, captured } = await text.next()
    const id = sampleToken(logits, o, random)
    text.ids.push(id)
    yield { id, captured }
    if (o.endTokens.includes(id)) return
    await tick()
  }
}
