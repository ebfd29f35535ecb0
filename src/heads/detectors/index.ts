import { delimiter } from './delimiter.ts'
import type { Detector } from './detector.ts'
import { duplicate } from './duplicate.ts'
import { entropy } from './entropy.ts'
import { induction } from './induction.ts'
import { previous } from './previous.ts'
import { sink } from './sink.ts'

/** Every detector, in the order in which lists show them. */
export const detectors: readonly Detector[] = [induction, previous, duplicate, sink, entropy, delimiter]
