import type { AblationResult } from '../library/headwise.ts'
import type { Plan } from '../runs/plan.ts'
import { runSequence } from '../runs/run.ts'
import { throwIfAborted } from '../words/error.ts'
import { type Context, failed } from './context.ts'
import { number } from './terminal/units.ts'

/** Most by which a metric may differ between the plan and runs computed alone. */
const TOLERANCE = 1e-4

/** The metric of one run computed whole and alone, from the first layer and position: what the plan must equal. */
async function alone(plan: Plan, sample: number, run: number, signal: AbortSignal): Promise<number> {
  const { ids, answers = [], distractors = [] } = plan.base[sample]!
  const { loss, logits } = await runSequence(plan.engine, ids, { edits: plan.runs[run] ?? [], ...plan.context, signal })
  if (plan.read === 'loss') return loss!
  const mean = (tokens: readonly number[]) => tokens.reduce((s, id) => s + logits.data[id]!, 0) / tokens.length
  return mean(answers) - mean(distractors)
}

/** Computes every run of an ablation again, alone, and says how far the plan was from it. Throws `certificate` when too far. */
export async function certify(
  plan: Plan,
  { clean, delta }: AblationResult,
  { signal, progress }: Context,
): Promise<string> {
  const cells = plan.runs.length
  const total = cells * plan.base.length
  let largest = 0
  let where = ''
  for (let i = 0; i < total; i++) {
    throwIfAborted(signal)
    const sample = Math.floor(i / cells)
    const run = i % cells
    const difference = Math.abs((await alone(plan, sample, run, signal)) - clean[sample]! - delta[i]!)
    if (!(difference <= largest)) {
      largest = difference
      where = `run ${run} of prompt ${sample}`
    }
    progress({ what: 'runs alone', done: i + 1, total })
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
