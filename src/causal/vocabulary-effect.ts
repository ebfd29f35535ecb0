import { weightNames } from '../models/weight-names.ts'
import type { Engine, Recipe } from '../runs/engine.ts'
import { f32 } from '../words/arrays.ts'
import { point, pointKey } from '../words/site.ts'

/** z of one head at one position, [dimension]. */
export interface HeadOutput {
  readonly layer: number
  readonly head: number
  readonly z: Float32Array
}

/** W_O[:, head] · z summed over heads: what they add to the residual, [dim]. Each layer's weights are read once. */
export function headsWrite({ config, weights }: Engine, outputs: readonly HeadOutput[]): Float32Array {
  const { heads, headDim, dim } = config
  const width = heads * headDim
  const sum = new Float32Array(dim)
  for (const layer of new Set(outputs.map(o => o.layer))) {
    const output = weights.read(weightNames.output(layer))
    for (const { head, z } of outputs.filter(o => o.layer === layer))
      for (let i = 0; i < dim; i++) {
        const from = i * width + head * headDim
        for (let j = 0; j < headDim; j++) sum[i]! += output[from + j]! * z[j]!
      }
  }
  return sum
}

/**
 * Direct logit attribution (N. Elhage et al. 2021, *A Mathematical Framework for Transformer Circuits*) to every token
 * of the vocabulary: what a part of the residual, [dim], adds to each logit itself, not by way of later layers, in
 * logits, [vocabulary]: part ⊙ norm weight / rms · W_U, with `rms` that of the run's last residual at the position. Of a
 * head the difference of two tokens is what `directEffects` gives for them. The unembedding is the model's own, at its
 * final norm, so that its weights are mapped and not copied.
 */
export async function vocabularyEffects(
  engine: Engine,
  part: Float32Array,
  rms: number,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const { dim } = engine.config
  const norm = engine.weights.read(weightNames.finalNorm)
  const normed = part.map((x, i) => (x * norm[i]!) / rms)
  const [from, to] = [point('final_norm'), point('logits')]
  const recipe: Recipe = {
    extent: engine.extent(1),
    probes: [{ at: from, do: 'feed' }],
    want: [to],
    residence: engine.residence === 'resident' ? 'batch' : 'once',
  }
  const feeds = { [`feed:${pointKey(from)}`]: f32([1, 1, dim], normed) }
  return (await engine.run(recipe, feeds, { signal }))[pointKey(to)]!.data as Float32Array
}
