import { bootstrapRatio, type RatioGrid } from '../statistics/ratio.ts'
import type { BootstrapOptions } from '../statistics/resample.ts'

/** Metrics of every item: on the clean text, on the corrupt one, and patched, [items, cells]. */
export interface Patched {
  readonly clean: Float64Array
  readonly corrupt: Float64Array
  readonly patched: Float64Array
}

/**
 * Recovery = Σ(m_patched − m_corrupt) / Σ(m_clean − m_corrupt) over the items: 0 where the patched runs are like the
 * corrupt ones, 1 where they are like the clean ones; it may lie outside. A ratio of sums, so that prompts which the
 * corruption hardly changes do not dominate (F. Zhang, N. Nanda 2024, *Towards Best Practices of Activation Patching in
 * Language Models*, normalise each prompt; with one prompt the two are the same). The interval draws numerator and
 * denominator together. Throws `ratio-denominator` when the denominator cannot be told from 0.
 */
export function recovery({ clean, corrupt, patched }: Patched, cells: number, o: BootstrapOptions): RatioGrid {
  const numerator = patched.map((m, i) => m - corrupt[Math.floor(i / cells)]!)
  const denominator = clean.map((m, i) => m - corrupt[i]!)
  return bootstrapRatio(numerator, denominator, clean.length, cells, o)
}
