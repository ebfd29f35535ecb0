import { basename, resolve } from 'node:path'
import { bbh } from './bbh.ts'
import { blimp } from './blimp.ts'
import { conflictQa } from './conflict-qa.ts'
import { copyVsFact } from './copy-vs-fact.ts'
import { subfolder } from './folder.ts'
import { functionVectors } from './function-vectors.ts'
import { gap } from './gap.ts'
import { greaterThan } from './greater-than.ts'
import { ioi } from './ioi.ts'
import { knownFacts } from './known-facts.ts'
import { nqQed } from './nq-qed.ts'
import type { Reader } from './reader.ts'
import { relations } from './relations.ts'
import { sentimentSentences } from './sentiment-sentences.ts'
import { subjectVerbAgreement } from './subject-verb-agreement.ts'
import { temporalFacts } from './temporal-facts.ts'
import { translationPanlex } from './translation-panlex.ts'
import { truthfulqa } from './truthfulqa.ts'
import { twoHop } from './two-hop.ts'
import { winobias } from './winobias.ts'
import { winogender } from './winogender.ts'
import { winogradWsc } from './winograd-wsc.ts'
import { xquadEn } from './xquad-en.ts'

/** Every published data set that headwise reads, by id. */
export const readers: readonly Reader[] = [
  bbh,
  blimp,
  conflictQa,
  copyVsFact,
  functionVectors,
  gap,
  greaterThan,
  ioi,
  knownFacts,
  nqQed,
  relations,
  sentimentSentences,
  subjectVerbAgreement,
  temporalFacts,
  translationPanlex,
  truthfulqa,
  twoHop,
  winobias,
  winogender,
  winogradWsc,
  xquadEn,
]

/**
 * The readers whose data sets lie in a folder: those that have a folder of their id in it, else the one whose id is the
 * folder's own name.
 */
export function readersIn(folder: string): readonly Reader[] {
  const held = readers.filter(r => subfolder(folder, r.id) !== undefined)
  return held.length > 0 ? held : readers.filter(r => r.id === basename(resolve(folder)))
}
