import { weightNames } from '../models/weight-names.ts'
import type { Engine } from '../runs/engine.ts'
import type { Sample } from '../runs/metric.ts'
import { pointsOf, runSequence } from '../runs/run.ts'
import type { EditContext } from '../runs/values.ts'
import type { Edit } from '../words/edit.ts'
import { isTail, point } from '../words/site.ts'

/** Tokens whose mean logits are compared. */
export interface Compared {
  readonly answers: readonly number[]
  readonly distractors: readonly number[]
}

/** What stands at the last position of a run. */
export interface LastPosition {
  /** z of every head, [layer, head, dimension]. */
  readonly z: Float32Array
  /** Root mean square of the last residual, as the final norm divides by it. */
  readonly rms: number
}

/** What the final norm divides a residual [dim] by. */
export const normScale = (residual: Float32Array, eps: number): number =>
  Math.sqrt(residual.reduce((s, v) => s + v * v, 0) / residual.length + eps)

const dot = (a: Float64Array, b: Float32Array, from: number): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[from + i]!
  return sum
}

/**
 * norm weight ⊙ (mean unembedding of the answers − mean unembedding of the distractors), one row a comparison, [dim]:
 * with the norm's scale held, the direction of the residual that the logit difference reads.
 */
function directions({ config, weights }: Engine, compared: readonly Compared[]): Float64Array[] {
  const { dim } = config
  const unembedding = weights.read(weightNames.unembedding(config))
  const norm = weights.read(weightNames.finalNorm)
  return compared.map(({ answers, distractors }) => {
    const direction = new Float64Array(dim)
    for (const [ids, sign] of [
      [answers, 1],
      [distractors, -1],
    ] as const)
      for (const id of ids)
        for (let i = 0; i < dim; i++) direction[i]! += (sign * unembedding[id * dim + i]!) / ids.length
    return direction.map((x, i) => x * norm[i]!)
  })
}

/**
 * W_Oᵀ of each head times each comparison's direction, [layer, head, dimension]: what a head's z is multiplied by to get
 * its direct effect. Each layer's weights are read once, whatever the number of comparisons.
 */
export function readouts(engine: Engine, compared: readonly Compared[]): Float64Array[] {
  const { layers, heads, headDim, dim } = engine.config
  const width = heads * headDim
  const wanted = directions(engine, compared)
  const out = wanted.map(() => new Float64Array(layers * width))
  for (let layer = 0; layer < layers; layer++) {
    const output = engine.weights.read(weightNames.output(layer))
    for (const [c, direction] of wanted.entries())
      for (let i = 0; i < dim; i++) {
        const row = i * width
        const x = direction[i]!
        for (let j = 0; j < width; j++) out[c]![layer * width + j]! += x * output[row + j]!
      }
  }
  return out
}

/** z of every head and the norm's scale at the last position of one run. */
export async function lastPosition(
  engine: Engine,
  { ids }: Pick<Sample, 'ids'>,
  o: EditContext & {
    readonly edits?: readonly Edit[]
    readonly sample?: number
    readonly signal?: AbortSignal | undefined
  } = {},
): Promise<LastPosition> {
  const { layers, heads, headDim, normEps } = engine.config
  const width = heads * headDim
  const z = new Float32Array(layers * width)
  let rms = Number.NaN
  const end = point('resid_post', layers - 1)
  await runSequence(engine, ids, {
    ...o,
    capture: [...pointsOf('z', layers), end],
    sink: async (at, { data }) => {
      if (at.site === 'z') z.set(data.subarray(data.length - width), at.layer * width)
      if (at.site !== 'resid_post' || isTail(at)) return
      rms = normScale(data.subarray((ids.length - 1) * engine.config.dim), normEps)
    },
  })
  return { z, rms }
}

/**
 * Direct logit attribution (N. Elhage et al. 2021, *A Mathematical Framework for Transformer Circuits*): what each head
 * writes to the logit difference itself, not by way of later layers, in logits, [layer, head]:
 * W_O·z at the last position · norm weight / rms · (W_U[answers] − W_U[distractors]), `rms` of the run given.
 * Over all heads, feed-forward outputs and the embedding these add up to the logit difference.
 */
export function directEffects(engine: Engine, readout: Float64Array, z: Float32Array, rms: number): Float64Array {
  const { layers, heads, headDim } = engine.config
  return Float64Array.from({ length: layers * heads }, (_, i) => {
    const from = i * headDim
    return dot(readout.subarray(from, from + headDim), z, from) / rms
  })
}
