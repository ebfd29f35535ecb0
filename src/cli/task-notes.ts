import { count } from './terminal/units.ts'

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
