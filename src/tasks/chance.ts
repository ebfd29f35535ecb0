import type { PreparedTask } from './prepare.ts'

/**
 * The accuracy of a model that cannot tell the candidates of an item apart, mean over the items of a task read as
 * right or wrong: answers / (answers + distractors), every token of the vocabulary being a distractor where none is
 * given; one half for two texts.
 */
export function chanceOf({ task, items }: PreparedTask, vocab: number): number {
  if (task.form === 'pair') return 0.5
  const rows = task.prompts ?? task.pairs
  const shares = items.map(({ row }) => {
    const { answers, distractors = [] } = rows[row]!
    return answers.length / (distractors.length > 0 ? answers.length + distractors.length : vocab)
  })
  return shares.reduce((s, x) => s + x, 0) / shares.length
}
