import { throwIfAborted } from '../words/error.ts'
import { logProbabilities, readLast, type Sample } from './metric.ts'
import type { Measured, Plan } from './plan.ts'
import { runSequence, type SequenceRun } from './run.ts'

/** The reading of a whole run; `clean` are the log-probabilities after the last token of the unedited one. */
function reading({ read }: Sample, run: SequenceRun, clean: Float64Array | undefined): number {
  if (read.metric === 'loss') return run.loss!
  if (read.metric === 'sequence_logprob') return -run.tokenLoss.subarray(read.from - 1).reduce((s, x) => s + x, 0)
  return readLast(read, id => run.logits.data[id]!, run.logits.data, clean)
}

/**
 * What `execute` gives, computed the slow way: every run (or only some) whole and alone, from the first layer and
 * position. The oracle of the plan, for tests and certificates.
 */
export async function* naive(
  { engine, base, runs, context }: Plan,
  o: {
    signal?: AbortSignal | undefined
    only?: readonly { readonly run: number; readonly sample: number }[] | undefined
  } = {},
): AsyncGenerator<Omit<Measured, 'part'>> {
  const wanted = o.only && new Set(o.only.map(({ run, sample }) => `${run} ${sample}`))
  for (const [index, sample] of base.entries()) {
    let clean: Float64Array | undefined
    for (const [i, edits] of [[], ...runs].entries()) {
      const skip = wanted && !wanted.has(`${i - 1} ${index}`)
      if (skip && (i > 0 || sample.read.metric !== 'kl')) continue
      throwIfAborted(o.signal)
      const run = await runSequence(engine, sample.ids, { ...context, edits, sample: index, signal: o.signal })
      if (i === 0 && sample.read.metric === 'kl') clean = logProbabilities(run.logits.data)
      if (!skip) yield { run: i - 1, sample: index, value: reading(sample, run, i === 0 ? undefined : clean) }
    }
  }
}
