import type { Engine } from '../../runs/engine.ts'
import { execute } from '../../runs/execute.ts'
import type { Sample } from '../../runs/metric.ts'
import { type Plan, plan } from '../../runs/plan.ts'
import type { Edit } from '../../words/edit.ts'
import type { OnProgress } from '../../words/error.ts'

export type Sequences = readonly (readonly number[])[]

/**
 * What stands in for a removed head: zeros, or its mean vector over the same text, over reference sequences, or over
 * sequences of its own for each prompt.
 */
export type Removal =
  | { readonly mode: 'zero' }
  | { readonly mode: 'mean'; readonly reference: 'self' | Sequences }
  | { readonly mode: 'mean'; readonly references: readonly Sequences[] }

/** A mean over this many prompts says where a head's output lies; more would cost a clean pass each for every prompt. */
const OTHERS = 16

/** For each prompt others to take the mean over: the next ones of the list, never itself. */
export const otherPrompts = (prompts: Sequences): Sequences[] =>
  prompts.map((own, i) =>
    [...prompts.slice(i + 1), ...prompts.slice(0, i)].filter(o => o.join() !== own.join()).slice(0, OTHERS),
  )

export interface Ablation {
  /** Metric of the clean pass of each prompt. */
  readonly clean: Float64Array
  /** Metric with the head removed minus the clean one, [prompt, layer, head]. */
  readonly delta: Float32Array
}

/** One run for each head: its z replaced at every position. */
export const removals = (layers: number, heads: number, removal: Removal): Edit[][] =>
  Array.from({ length: layers * heads }, (_, i): Edit[] => {
    const where = {
      at: { site: 'z' as const, layer: Math.floor(i / heads), stack: 'decoder' as const },
      heads: [i % heads] as [number],
    }
    if (removal.mode === 'zero') return [{ do: 'zero', ...where }]
    const mean = (reference: 'self' | Sequences): Extract<Edit, { do: 'mean' }> => ({
      do: 'mean',
      reference: reference as Extract<Edit, { do: 'mean' }>['reference'],
      ...where,
    })
    if ('reference' in removal) return [mean(removal.reference)]
    return removal.references.map((reference, sample) => ({ ...mean(reference), samples: [sample] as [number] }))
  })

/** Plans the removal of every head, one at a time (Michel et al. 2019, Are Sixteen Heads Really Better than One?). */
export const planAblation = (
  engine: Engine,
  prompts: readonly Sample[],
  removal: Removal,
  budget: number,
): Promise<Plan> => plan(engine, prompts, removals(engine.config.layers, engine.config.heads, removal), { budget })

/** Carries the plan out. */
export async function ablateHeads(
  p: Plan,
  o: { signal?: AbortSignal | undefined; onProgress?: OnProgress | undefined } = {},
): Promise<Ablation> {
  const cells = p.runs.length
  const clean = new Float64Array(p.base.length)
  const delta = new Float32Array(p.base.length * cells)
  for await (const { run, sample, value } of execute(p, o)) {
    if (run < 0) clean[sample] = value
    else delta[sample * cells + run] = value - clean[sample]!
  }
  return { clean, delta }
}

/** How many heads can be removed alone without the metric getting worse by more than `share` of its clean value. */
export function harmless(delta: ArrayLike<number>, clean: number, share: number, higherIsBetter: boolean): number {
  const worst = Math.abs(clean) * share
  return Array.from(delta).filter(d => (higherIsBetter ? -d : d) <= worst).length
}
