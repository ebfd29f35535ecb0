import { normScale } from '../causal/direct-effect.ts'
import { headsWrite, vocabularyEffects } from '../causal/vocabulary-effect.ts'
import { byLayer, checkHeads } from '../heads/importance/head-set.ts'
import type { DecoderConfig } from '../models/config.ts'
import { weightNames } from '../models/weight-names.ts'
import type { Engine } from '../runs/engine.ts'
import { topTokens } from '../runs/unembed.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import type { Component } from '../words/component.ts'
import type { Edit } from '../words/edit.ts'
import { HeadwiseError } from '../words/error.ts'
import { type Point, point, type Site } from '../words/site.ts'
import type { ComponentReading } from '../words/writes.ts'
import { lensLogits, type TailEdits } from './logit-lens.ts'
import { neuronWrite, writingNeurons } from './neurons.ts'

/** How many neurons of a feed-forward block are told of. */
export const NEURONS = 10

const refuse = (message: string, where: string, found: unknown, allowed: unknown): HeadwiseError =>
  new HeadwiseError(message, { code: 'component', fault: 'usage', where, found, allowed })

/** Which residual a block made of which: the one before attention or before the feed-forward part. */
const BEFORE = { resid_pre: undefined, resid_mid: 'resid_pre', resid_post: 'resid_mid' } as const satisfies Partial<
  Record<Site, Site | undefined>
>

/** Refuses a component that the model does not have. */
export function checkComponent(of: Component, config: Pick<DecoderConfig, 'layers' | 'heads' | 'mlpDim'>): void {
  if ('heads' in of) {
    checkHeads(of.heads, config)
    return
  }
  const { layers, mlpDim } = config
  const layer = 'mlp' in of ? of.mlp : 'neuron' in of ? of.neuron.layer : of.layer
  if (layer >= layers)
    throw refuse(`Layer ${layer} does not exist: the model has layers 0 to ${layers - 1}.`, 'layer', layer, layers - 1)
  if ('neuron' in of && of.neuron.neuron >= mlpDim)
    throw refuse(
      `Neuron ${layer}.${of.neuron.neuron} does not exist: a feed-forward block has neurons 0 to ${mlpDim - 1}.`,
      'neuron',
      of.neuron.neuron,
      mlpDim - 1,
    )
  if ('residual' in of && of.residual === 'resid_pre' && layer > 0)
    throw refuse(
      `The residual before layer ${layer} is the one after layer ${layer - 1}; ask for resid_post of that.`,
      'residual',
      of.residual,
      'resid_pre of layer 0',
    )
}

/**
 * Refuses edits that stand between a single head or neuron and the residual: they change the sum of all of them, and
 * how much of that is one's own is not defined.
 */
export function checkBehind(of: Component, edits: readonly Edit[]): void {
  const [layers, sites] =
    'heads' in of
      ? [of.heads.map(h => h.layer), ['head_out', 'attn_sum', 'attn_out']]
      : 'neuron' in of
        ? [[of.neuron.layer], ['mlp_sum', 'mlp_out']]
        : [[], []]
  for (const [i, { at }] of edits.entries()) {
    if (!sites.includes(at.site) || !layers.includes(at.layer)) continue
    const what = 'heads' in of ? 'a head' : 'a neuron'
    throw refuse(
      `Edit ${i} changes ${at.site} of layer ${at.layer}, behind its parts: what ${what} of it writes is not defined then; ask for the residual after it.`,
      `edits[${i}].at.site`,
      at.site,
      `no edit of ${sites.join(', ')} in that layer`,
    )
  }
}

/** The points whose values at the position `componentWrites` needs. */
export function pointsOfComponent(of: Component, layers: number): Point[] {
  const last = point('resid_post', layers - 1)
  if ('heads' in of) return [...[...byLayer(of.heads).keys()].map(l => point('z', l)), last]
  if ('mlp' in of) return [point('mlp_act', of.mlp), point('mlp_out', of.mlp), last]
  if ('neuron' in of) return [point('mlp_act', of.neuron.layer), last]
  const before = BEFORE[of.residual]
  return [point(of.residual, of.layer), ...(before ? [point(before, of.layer)] : [])]
}

/** One position of a pass. */
export interface PositionValues {
  /** The value of one of the points at the position, edits in force. */
  readonly at: (p: Point) => Float32Array
  readonly tail: TailEdits
}

/**
 * What a component writes at one position, read through the unembedding, edits in force.
 *
 * - Of heads, a feed-forward block, a neuron: the tokens whose logits its **direct effect** raises and lowers most
 *   (`vocabularyEffects`): what it adds to the last residual (Σ W_O·z; `mlp_out`; activation times its column of the
 *   down-projection), with the norm's scale of this run. The effects of all heads, all blocks, their biases and the
 *   embedding add up to the logits; those of a block's neurons and its bias to the block's. Neurons are ranked by the
 *   length of what they write.
 * - Of a residual: what it predicts through the **logit lens** (`lensLogits`), each residual with its own norm scale, and
 *   the tokens whose lens logits the block before it (attention for `resid_mid`, the feed-forward part for
 *   `resid_post`) raised and lowered most: lens logit after it minus lens logit before it. Not the block's direct
 *   effect, which is had by asking for the block: a difference is exactly what changed between two readings that one can
 *   look at, the change of the norm's scale included. The embedding has no block before it.
 */
export async function componentWrites(
  engine: Engine,
  tokenizer: Tokenizer,
  of: Component,
  { at, tail }: PositionValues,
  top: number,
  signal?: AbortSignal,
): Promise<ComponentReading> {
  const { config, weights } = engine
  const { layers, headDim, normEps } = config
  const tokens = (x: Float32Array) => topTokens(x, top).map(t => ({ ...t, token: tokenizer.tokenText(t.id) }))
  const sides = (effects: Float32Array): ComponentReading => {
    const side = (sign: 1 | -1) =>
      tokens(effects.map(x => sign * x))
        .map(({ id, token }) => ({ id, token, logits: effects[id]! }))
        .filter(({ logits }) => sign * logits > 0)
    const mean = effects.reduce((s, x) => s + x, 0) / effects.length
    return { raises: side(1), lowers: side(-1), mean }
  }
  if ('residual' in of) {
    const now = await lensLogits(engine, at(point(of.residual, of.layer)), tail, signal)
    const before = BEFORE[of.residual]
    const then = before ? await lensLogits(engine, at(point(before, of.layer)), tail, signal) : now
    const lens = tokens(now).map(({ id, token, logprob }) => ({ id, token, logit: now[id]!, logprob }))
    return { ...sides(now.map((x, i) => x - then[i]!)), lens }
  }
  const rms = normScale(at(point('resid_post', layers - 1)), normEps)
  const direct = async (part: Float32Array) => sides(await vocabularyEffects(engine, part, rms, signal))
  if ('heads' in of) {
    const outputs = [...byLayer(of.heads)].flatMap(([layer, heads]) => {
      const z = at(point('z', layer))
      return heads.map(head => ({ layer, head, z: z.subarray(head * headDim, (head + 1) * headDim) }))
    })
    return await direct(headsWrite(engine, outputs))
  }
  const layer = 'mlp' in of ? of.mlp : of.neuron.layer
  const down = weights.read(weightNames.down(layer))
  const activations = at(point('mlp_act', layer))
  if ('mlp' in of) {
    const all = writingNeurons(config, down, activations).sort((a, b) => b.length - a.length)
    return { ...(await direct(at(point('mlp_out', layer)))), neurons: all.slice(0, NEURONS) }
  }
  const { neuron } = of.neuron
  const activation = activations[neuron]!
  const written = neuronWrite(config, down, neuron, activation)
  return { ...(await direct(written)), neurons: [{ neuron, activation, length: Math.hypot(...written) }] }
}
