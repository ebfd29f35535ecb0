import { everyHead } from '../heads/importance/head-set.ts'
import type { Baseline } from '../heads/importance/removal.ts'
import { removals } from '../heads/importance/removal.ts'
import type { Engine } from '../runs/engine.ts'
import type { Sample } from '../runs/metric.ts'
import type { EditContext } from '../runs/values.ts'
import type { Edit } from '../words/edit.ts'
import { throwIfAborted, type Watch } from '../words/error.ts'
import { type Compared, directEffects, lastPosition, readouts } from './direct-effect.ts'

type Resample = Extract<Baseline, { mode: 'resample' }>

/** Every head of every layer resampled at once: the captured z is that of the other prompt, as each single run gets it. */
function allResampled(engine: Engine, seed: number): Edit[] {
  return Array.from(
    { length: engine.config.layers },
    (_, layer): Edit => ({
      do: 'resample',
      seed,
      draws: 1,
      at: { site: 'z', layer, stack: 'decoder' },
    }),
  )
}

/**
 * How much each head's direct effect on the logit difference changes when its z is that of another prompt, the norm
 * scale held at the clean run's: mean over the draws, [samples, layer · head], logits.
 */
export async function directChanges(
  engine: Engine,
  samples: readonly (Sample & { readonly read: Compared })[],
  { seed, draws }: Resample,
  context: EditContext,
  { signal, onProgress }: Watch = {},
): Promise<Float64Array> {
  const cells = engine.config.layers * engine.config.heads
  const out = new Float64Array(samples.length * cells)
  const readout = readouts(
    engine,
    samples.map(s => s.read),
  )
  for (const [i, sample] of samples.entries()) {
    throwIfAborted(signal)
    const { z, rms } = await lastPosition(engine, sample, { signal })
    const clean = directEffects(engine, readout[i]!, z, rms)
    for (let draw = 0; draw < draws; draw++) {
      const o = { ...context, edits: allResampled(engine, seed + draw), sample: i, signal }
      const other = await lastPosition(engine, sample, o)
      const resampled = directEffects(engine, readout[i]!, other.z, rms)
      for (let c = 0; c < cells; c++) out[i * cells + c]! += (resampled[c]! - clean[c]!) / draws
    }
    onProgress?.({ what: 'direct effects', done: i + 1, total: samples.length })
  }
  return out
}

/** The runs of the total effect: each head resampled alone. */
export const repairRuns = (engine: Engine, baseline: Resample): Edit[][] => removals(everyHead(engine.config), baseline)

/**
 * Self-repair (T. McGrath et al. 2023, *The Hydra Effect*; C. Rushing, N. Nanda 2024, *Explorations of Self-Repair in
 * Language Models*): the change of the logit difference when a head is resampled, less the change of that head's own
 * direct effect. Positive where later parts make up for a head that helped: the loss is smaller than what it wrote.
 */
export const selfRepair = (total: Float64Array, direct: Float64Array): Float64Array =>
  total.map((change, i) => change - direct[i]!)
