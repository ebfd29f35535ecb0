import { certify } from '../library/certificate.ts'
import type { Measured, Plan } from '../runs/plan.ts'
import { type Context, failed } from './context.ts'
import { number } from './terminal/units.ts'

/** Computes a sample of a sweep's runs again, alone, and says how far the plan was from them. Throws `certificate` when too far. */
export async function certificate(
  plan: Plan,
  rows: readonly Measured[],
  seed: number,
  context: Context,
): Promise<string> {
  const { signal, progress: onProgress } = context
  const { runs, of, largest, where, tolerance } = await certify(plan, rows, seed, { signal, onProgress })
  if (!(largest <= tolerance))
    throw failed(
      `The planned sweep differs from runs computed alone by ${number(largest)} (${where}), over the tolerance of ${tolerance}; please report it.`,
      'certificate',
      largest,
      tolerance,
    )
  return `Verified: ${runs} of ${of} runs computed whole and alone differ from the planned sweep by at most ${number(largest)} (tolerance ${tolerance}).`
}
