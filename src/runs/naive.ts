import { throwIfAborted } from '../words/error.ts'
import type { Measured } from './execute.ts'
import type { Plan } from './plan.ts'
import { runSequence } from './run.ts'

/**
 * What `execute` gives, computed the slow way: every run whole and alone, from the first layer and position. The oracle
 * of the plan, for tests and certificates.
 */
export async function* naive(
  { engine, base, runs, read, context }: Plan,
  o: { signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Measured> {
  for (const [sample, { ids, answers = [], distractors = [] }] of base.entries())
    for (const [i, edits] of [[], ...runs].entries()) {
      throwIfAborted(o.signal)
      const { loss, logits } = await runSequence(engine, ids, { ...context, edits, sample, signal: o.signal })
      const mean = (tokens: readonly number[]) => tokens.reduce((s, id) => s + logits.data[id]!, 0) / tokens.length
      yield { run: i - 1, sample, value: read === 'loss' ? loss! : mean(answers) - mean(distractors) }
    }
}
