import { HeadwiseError } from '../words/error.ts'
import type { PreparedTask } from './prepare.ts'
import { rowName } from './rows.ts'

/**
 * Refuses a task whose two texts of some pair differ in their number of tokens: positions of one have no counterpart in
 * the other. `clean` and `corrupt` are the two sides of one task as `prepareTask` gives them; `what` needs the equality.
 */
export function requireEqualLengths(clean: PreparedTask, corrupt: PreparedTask, what: string): void {
  for (const [i, item] of clean.items.entries())
    for (const [j, sample] of item.samples.entries()) {
      const [a, b] = [clean.samples[sample]!.ids.length, corrupt.samples[corrupt.items[i]!.samples[j]!]!.ids.length]
      if (a === b) continue
      const where = rowName(clean.task, item.row)
      throw new HeadwiseError(
        `${where} of the task "${clean.task.name}" has ${a} tokens clean and ${b} corrupt; ${what} needs equally many.`,
        { code: 'task-length', fault: 'usage', where, found: [a, b], allowed: 'equally many tokens' },
      )
    }
}

/** Refuses a task of one row where something is drawn from, or taken over, its other rows. */
export function requireSeveral({ task, items }: PreparedTask, what: string): void {
  if (items.length > 1) return
  const where = rowName(task, items[0]!.row)
  throw new HeadwiseError(`The task "${task.name}" has one row for this model, ${where}; ${what} needs two or more.`, {
    code: 'task-one-row',
    fault: 'usage',
    where,
    found: 1,
    allowed: '2 or more',
  })
}
