import type { Engine } from '../runs/engine.ts'
import { pointsOf, runSequence } from '../runs/run.ts'
import { type NullGrid, nullTest } from '../statistics/null.ts'
import { createRandom } from '../statistics/random.ts'
import { throwIfAborted, type Watch } from '../words/error.ts'
import type { Detector, PromptFacts } from './detectors/detector.ts'
import { addNullScores, nullRows, nullSums } from './random-key.ts'

/** Draws of the null behind each probability. */
export const NULL_DRAWS = 10_000

/** Excess over the random-key null and p of every head, [layer, head]. */
export interface NullScores extends NullGrid {
  /** Mean over the prompts that have a score, as `scoreHeads` gives it. */
  readonly observed: Float64Array
}

/**
 * Compares every head's score with what attention to random keys of the same distance gives (see `nullRows`), on the
 * same prompts: one pass a prompt, patterns used layer by layer and never kept. Memory: draws × heads × 8 bytes for
 * each detector.
 */
export async function nullScores(
  engine: Engine,
  wanted: readonly Detector[],
  prompts: readonly PromptFacts[],
  { seed, draws = NULL_DRAWS, ...watch }: Watch & { readonly seed: number; readonly draws?: number },
): Promise<ReadonlyMap<string, NullScores>> {
  const { layers, heads } = engine.config
  const cells = layers * heads
  const plans = wanted.map(d => {
    const rows = prompts.map(p => nullRows(d, p))
    return { id: d.id, rows, scored: rows.filter(r => r.length > 0).length, sums: nullSums(cells, draws) }
  })
  for (const [i, { ids }] of prompts.entries()) {
    throwIfAborted(watch.signal)
    await runSequence(engine, ids, {
      capture: pointsOf('pattern', layers),
      sink: async ({ layer }, { data }) => {
        throwIfAborted(watch.signal)
        for (const { id, rows, sums } of plans)
          if (rows[i]!.length > 0)
            addNullScores(
              sums,
              { data, heads, time: ids.length, offset: layer * heads },
              rows[i]!,
              createRandom(seed).fork(`${id} ${i}`),
            )
        watch.onProgress?.({ what: 'layers', done: i * layers + layer + 1, total: prompts.length * layers })
      },
      signal: watch.signal,
    })
  }
  return new Map(
    plans.map(({ id, scored, sums }) => {
      const observed = sums.observed.map(s => s / scored)
      const draw = (_: unknown, b: number) => sums.drawn.subarray(b * cells, (b + 1) * cells).map(s => s / scored)
      return [id, { observed, ...nullTest(observed, draw, { draws, seed, signal: watch.signal }) }]
    }),
  )
}
