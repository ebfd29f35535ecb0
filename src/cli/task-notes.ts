import type { TaskMeasured } from '../words/task-result.ts'
import { count } from './terminal/units.ts'

export const percent = (share: number): string => (100 * share).toFixed(0)

/** A share of rows with its interval, as in `67% [33, 100]`. */
export const accuracyText = ({ mean, low, high }: TaskMeasured['value']): string =>
  `${percent(mean)}%${low === undefined || high === undefined ? '' : ` [${percent(low)}, ${percent(high)}]`}`

/** What its user should know of how a task was made: a sentence each. `kept` rows are asked. */
export const taskNotes = (
  id: string,
  {
    notes,
    dropped,
    kept,
  }: { readonly notes: readonly string[]; readonly dropped: readonly string[]; readonly kept: number },
): string[] => [
  ...notes.map(text => `${id}: ${text}.`),
  ...(dropped.length > 0
    ? [`${id}: ${dropped.length} of ${count(kept + dropped.length, 'row')} left out; the first: ${dropped[0]}.`]
    : []),
]
