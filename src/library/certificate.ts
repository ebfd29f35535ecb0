import { naive } from '../runs/naive.ts'
import type { Measured, Plan } from '../runs/plan.ts'
import { createRandom } from '../statistics/random.ts'
import type { Watch } from '../words/error.ts'

/** How far a plan's readings were from the same runs computed whole and alone. */
export interface Certificate {
  /** Runs that were computed again, clean passes among them. */
  readonly runs: number
  /** Of how many. */
  readonly of: number
  /** Largest |planned − alone| / max(1, |alone|). */
  readonly largest: number
  /** Where it was. */
  readonly where: string
  readonly tolerance: number
}

/** Runs that a certificate computes again. */
const SAMPLE = 16
/** Most by which a reading may differ. */
const TOLERANCE = 1e-4

/** |planned − alone| / max(1, |alone|); what is a number for one of them only is infinitely far. */
function distance(planned: number, alone: number): number {
  if (Object.is(planned, alone)) return 0
  const difference = Math.abs(planned - alone) / Math.max(1, Math.abs(alone))
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference
}

/** Computes a seeded sample of a plan's runs again, each whole and alone, and compares. */
export async function certify(
  plan: Plan,
  rows: readonly Measured[],
  seed: number,
  { signal, onProgress }: Watch = {},
): Promise<Certificate> {
  const chosen = createRandom(seed)
    .fork('certificate')
    .sample(rows.length, Math.min(SAMPLE, rows.length))
    .map(i => rows[i]!)
  const planned = new Map(chosen.map(({ run, sample, value }) => [`${run} ${sample}`, value]))
  let [done, largest, where] = [0, 0, '']
  for await (const { run, sample, value } of naive(plan, { signal, only: chosen })) {
    const difference = distance(planned.get(`${run} ${sample}`)!, value)
    if (difference > largest)
      [largest, where] = [difference, `${run < 0 ? 'the clean pass' : `run ${run}`} of sample ${sample}`]
    done += 1
    onProgress?.({ what: 'runs alone', done, total: chosen.length })
  }
  return { runs: chosen.length, of: rows.length, largest, where, tolerance: TOLERANCE }
}
