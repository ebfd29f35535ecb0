import { execute } from '../../runs/execute.ts'
import type { Plan } from '../../runs/plan.ts'
import type { Edit } from '../../words/edit.ts'
import type { Watch } from '../../words/error.ts'
import { everyHead, type HeadCounts } from './head-set.ts'
import { Readings } from './readings.ts'
import { type Baseline, removals } from './removal.ts'

/**
 * The removal of every head, one at a time (P. Michel, O. Levy, G. Neubig 2019, *Are Sixteen Heads Really Better than
 * One?*): runs in the order of a grid [layer, head], `runsOfSet(baseline)` runs a head. The effect of a head is
 * metric(head removed) − metric(clean).
 */
export const ablations = (counts: HeadCounts, baseline: Baseline): Edit[][] => removals(everyHead(counts), baseline)

export interface Ablation {
  /** Metric of the clean pass of each sample. */
  readonly clean: Float64Array
  /** Metric of each run minus the clean one, [sample, run]. */
  readonly delta: Float64Array
}

/** Carries a plan of edited runs out, sample by sample. */
export async function ablateHeads(p: Plan, o: Watch = {}): Promise<Ablation> {
  const rows = []
  for await (const row of execute(p, o)) rows.push(row)
  const items = p.base.map((_, s) => ({ samples: [s], value: (of: readonly number[]) => of[0]! }))
  const readings = new Readings(rows, { samples: p.base.length, runs: p.runs.length })
  return { clean: readings.clean(items), delta: readings.effects(items, p.runs.length) }
}

/** How many heads can be removed alone without the metric getting worse by more than `share` of its clean value. */
export function harmless(delta: ArrayLike<number>, clean: number, share: number, higherIsBetter: boolean): number {
  const worst = Math.abs(clean) * share
  return Array.from(delta).filter(d => (higherIsBetter ? -d : d) <= worst).length
}
