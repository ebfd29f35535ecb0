import type { Engine } from '../runs/engine.ts'
import type { Probe } from '../runs/probe.ts'
import type { Feeds } from '../runtime/backend.ts'
import { f32 } from '../words/arrays.ts'
import { point, pointKey } from '../words/site.ts'

/** Edits of the final norm and of the logits at one position, as probes with what is fed to them. */
export interface TailEdits {
  readonly probes: readonly Probe[]
  readonly feeds: Feeds
}

/**
 * The logit lens (nostalgebraist 2020, *interpreting GPT: the logit lens*): the logits that the model would give if a
 * residual, [dim], were its last one, [vocabulary]: W_U · final norm of that residual, with its own scale, as if no layer
 * came after it. Edits of the final norm and of the logits are in force; after the last layer these are the model's
 * own logits.
 */
export async function lensLogits(
  engine: Engine,
  residual: Float32Array,
  { probes, feeds }: TailEdits,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const { dim, layers } = engine.config
  const [from, to] = [point('resid_post', layers - 1), point('logits')]
  const out = await engine.run(
    {
      extent: engine.extent(1),
      probes: [{ at: from, do: 'feed' }, ...probes],
      want: [to],
      residence: engine.residence === 'resident' ? 'batch' : 'once',
    },
    { [`feed:${pointKey(from)}`]: f32([1, 1, dim], residual), ...feeds },
    { signal },
  )
  return out[pointKey(to)]!.data as Float32Array
}
