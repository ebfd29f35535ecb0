import type { Sample } from '../runs/metric.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import { HeadwiseError } from '../words/error.ts'
import type { Task } from '../words/task.ts'
import type { EncodedPrompt } from './prompts.ts'

/** The one token that continues a prompt with an answer, or undefined when the tokenizer splits it. */
async function answerToken(tokenizer: Tokenizer, answer: string): Promise<number | undefined> {
  const ids = await tokenizer.encode(answer, { first: false })
  return ids.length === 1 ? ids[0] : undefined
}

/**
 * The prompts of a task of the form `next` as samples; for pairs, the clean side. A prompt with an answer that is not
 * one token of this tokenizer is dropped, and told of.
 */
export async function taskSamples(
  task: Task,
  tokenizer: Tokenizer,
): Promise<{ samples: (EncodedPrompt & Sample)[]; dropped: string[] }> {
  const refuse = (why: string, where: string, found: string, allowed: string) =>
    new HeadwiseError(`The task "${task.name}" ${why}.`, { code: 'task', fault: 'usage', where, found, allowed })
  if (task.form !== 'next')
    throw refuse(`has the form "${task.form}"; ablation takes tasks of the form "next"`, 'form', task.form, 'next')
  if (task.metric !== 'loss' && task.metric !== 'logit_diff')
    throw refuse(
      `has the metric "${task.metric}"; ablation takes loss and logit_diff`,
      'metric',
      task.metric,
      'loss, logit_diff',
    )
  const prompts = 'prompts' in task ? task.prompts : task.pairs.map(({ clean, ...rest }) => ({ text: clean, ...rest }))
  const samples: (EncodedPrompt & Sample)[] = []
  const dropped: string[] = []
  for (const [i, { text, answers, distractors }] of prompts.entries()) {
    const words = [...answers, ...(distractors ?? [])]
    const tokens = await Promise.all(words.map(w => answerToken(tokenizer, w)))
    const split = tokens.indexOf(undefined)
    if (task.metric === 'logit_diff' && split >= 0) {
      dropped.push(`prompts[${i}]: ${JSON.stringify(words[split])} is not one token`)
      continue
    }
    const ids = tokens as number[]
    samples.push({
      ids: await tokenizer.encode(text),
      text,
      read:
        task.metric === 'loss'
          ? { metric: 'loss' }
          : { metric: 'logit_diff', answers: ids.slice(0, answers.length), distractors: ids.slice(answers.length) },
    })
  }
  if (samples.length === 0)
    throw refuse(
      'has no prompt whose answers are single tokens of this model',
      'prompts',
      dropped[0] ?? 'none',
      'answers of one token',
    )
  return { samples, dropped }
}
