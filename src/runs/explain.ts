import { type Plan, workOf } from './plan.ts'
import { schedulerOf } from './schedule.ts'

/** One line for each layer of what is computed there, for people. */
export interface Explained {
  readonly layers: readonly {
    readonly layer: number
    /** Runs that begin at this layer, and those that are carried on from the one before. */
    readonly begin: number
    readonly carried: number
    readonly batches: number
    readonly rows: number
    readonly flops: number
    /** What is fed clean to those that begin. */
    readonly fed: readonly string[]
  }[]
  readonly runs: number
  /** Runs that can change nothing that the metric reads, for which the clean value stands. */
  readonly unchanged: number
  /** Clean passes computed once and shared. */
  readonly passes: number
  readonly parts: number
}

/** What a plan will do, layer by layer. Nothing is computed. */
export async function explain(p: Plan): Promise<Explained> {
  const scheduler = schedulerOf(p.engine)
  const rows = Array.from({ length: p.engine.config.layers }, (_, layer) => ({
    layer,
    begin: 0,
    carried: 0,
    batches: 0,
    rows: 0,
    flops: 0,
    fed: new Set<string>(),
  }))
  let [unchanged, passes] = [0, 0]
  for (const part of p.fallback === undefined ? p.parts : []) {
    const work = await workOf(p, part.entries)
    passes += work.values.passes().reduce((n, pass) => n + pass.sequences.length, 0)
    unchanged += part.entries.filter(e => e.run >= 0).length - work.lanes.length
    for (const step of work.layers.flat()) {
      const row = rows[step.layer]!
      const begin = step.lanes.filter(l => l.start === step.layer).length
      row.begin += begin
      row.carried += step.lanes.length - begin
      row.batches += 1
      row.rows += step.sizes.rows!
      row.flops += scheduler.cost(step.recipe, step.sizes).flops
      if (begin > 0) for (const at of step.entry.fed) row.fed.add(at.site)
    }
  }
  const layers = rows.map(r => ({ ...r, fed: [...r.fed] }))
  return { layers, runs: p.runs.length * p.base.length, unchanged, passes, parts: p.parts.length }
}
