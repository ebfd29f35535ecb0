import type { Tokenizer } from '../../text/tokenizer.ts'
import type { Task } from '../../words/task.ts'
import type { MadeTask, MakeOptions, TaskSource } from '../source.ts'

/** Rows that are generated where nobody says how many. */
export const DEFAULT_ROWS = 50

/** Every built-in task gives pairs with answers of one token. */
export type PairTask = Extract<Task, { form: 'next'; prompts?: never }>

/** A task generated from our own templates and word lists, its rows drawn with a seed. */
export interface BuiltinTask extends TaskSource {
  /** `specimen`: phrased as the specimen was taught; other models may be asked it too. */
  readonly model: 'specimen' | 'any'
  /** Where the task comes from. */
  readonly source?: string
  make(tokenizer: Tokenizer, o?: MakeOptions): Promise<MadeTask<PairTask>>
}
