import type { Command } from 'commander'
import type { Sweep, Swept } from '../library/sweep.ts'
import { toJson } from '../results/json.ts'
import { checkOut } from '../results/write.ts'
import type { Context } from './context.ts'
import { exclusive } from './input.ts'
import { type ModelOptions, type OutputOptions, withModelOptions, withOutputOptions, withSeed } from './options.ts'
import { checkRun, type RunOptions, readingsOf, withRun } from './run-options.ts'
import { GRID_KINDS, save } from './save.ts'
import { count } from './terminal/units.ts'

/** What every command that carries a sweep out takes. */
export interface SweepOptions extends ModelOptions, OutputOptions, RunOptions {
  readonly seed?: number
  readonly explain?: boolean
}

export const withSweepOptions = (command: Command): Command =>
  withModelOptions(
    withOutputOptions(
      withRun(withSeed(command).option('--explain', 'print what it will cost, and stop')),
      GRID_KINDS.join(' '),
    ),
    'compare a sample with whole runs; check all weights',
  )

/** Judges where the result is to go and how it is to be computed, before a model is opened. */
export async function checkSweepOptions(o: SweepOptions): Promise<void> {
  const { explain, out, force } = o
  if (explain) exclusive({ '--explain': explain, '--out': out })
  await checkRun(o)
  if (out !== undefined) await checkOut(out, { force: force ?? false, kinds: GRID_KINDS })
}

/** Notes of so many rows are read; of more the first says what the matter is. */
const MOST_NOTES = 3

/** What was left out of a task: each row, or their number. */
function tellDropped(dropped: readonly string[], { note }: Context): void {
  if (dropped.length > MOST_NOTES) note(`Left out: ${count(dropped.length, 'row')}; the first: ${dropped[0]}.`)
  else for (const row of dropped) note(`Left out: ${row}.`)
}

/**
 * Explains a planned sweep, or carries it out: verifies a sample of its runs where that was asked for, writes and
 * prints the result. `view` shows it to people.
 */
export async function carryOut<R extends Swept>(
  sweep: Sweep<R>,
  o: SweepOptions,
  context: Context,
  view: (result: R) => string,
): Promise<void> {
  const { plan, spec } = sweep
  if (o.explain) {
    const { explain, explainView } = await import('./explain.ts')
    const price = await explain(plan)
    return context.print(o.json ? toJson(price) : explainView(price, context.style))
  }
  const watch = { signal: context.signal, onProgress: context.progress }
  const rows = await readingsOf(sweep, o, context)
  if (o.verify) {
    const { certificate } = await import('./certify.ts')
    context.note(await certificate(plan, rows, spec.request.seed, context))
  }
  const result = await sweep.finish(rows, watch)
  tellDropped(spec.check.dropped, context)
  const { heads, groups } = plan.engine.config
  await save(result.document, o, context, { perGroup: heads / groups })
  context.print(o.json ? toJson(result.document) : view(result))
}
