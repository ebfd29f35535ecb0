import { agreement } from './agreement.ts'
import type { BuiltinTask } from './builtin.ts'
import { capitals } from './capitals.ts'
import { capitalsRedefined } from './capitals-redefined.ts'
import { colouredObjects } from './coloured-objects.ts'
import { colours } from './colours.ts'
import { copying } from './copying.ts'
import { docstring } from './docstring.ts'
import { fewShot } from './few-shot.ts'
import { greaterThan } from './greater-than.ts'
import { ioi } from './ioi.ts'
import { pronouns } from './pronouns.ts'
import { recall } from './recall.ts'
import { relations } from './relations.ts'
import { successor } from './successor.ts'

/** Every task that is generated from our own templates and word lists, in the order in which they are listed. */
export const builtinTasks: readonly BuiltinTask[] = [
  ioi,
  copying,
  greaterThan,
  pronouns,
  agreement,
  colouredObjects,
  docstring,
  relations,
  recall,
  colours,
  successor,
  capitals,
  capitalsRedefined,
  fewShot,
]
