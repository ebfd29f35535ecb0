import type { AblationResult } from '../library/ablate.ts'
import { naive } from '../runs/naive.ts'
import type { Plan } from '../runs/plan.ts'
import { type Context, failed } from './context.ts'
import { number } from './terminal/units.ts'

/** Most by which a metric may differ between the plan and runs computed alone. */
const TOLERANCE = 1e-4

/** Computes every run of an ablation again, alone, and says how far the plan was from it. Throws `certificate` when too far. */
export async function certify(
  plan: Plan,
  { clean, delta }: AblationResult,
  { signal, progress }: Context,
): Promise<string> {
  const cells = plan.runs.length
  const total = (cells + 1) * plan.base.length
  let [done, largest, where] = [0, 0, 'the clean pass']
  for await (const { run, sample, value } of naive(plan, { signal })) {
    const planned = clean[sample]! + (run < 0 ? 0 : delta[sample * cells + run]!)
    const difference = Math.abs(value - planned)
    if (!(difference <= largest)) [largest, where] = [difference, `run ${run} of prompt ${sample}`]
    done += 1
    progress({ what: 'runs alone', done, total })
  }
  if (!(largest <= TOLERANCE))
    throw failed(
      `The planned sweep differs from runs computed alone by ${number(largest)} (${where}), over the tolerance of ${TOLERANCE}; please report it.`,
      'certificate',
      largest,
      TOLERANCE,
    )
  return `Verified: ${total} runs computed alone differ from the planned sweep by at most ${number(largest)} (tolerance ${TOLERANCE}).`
}
