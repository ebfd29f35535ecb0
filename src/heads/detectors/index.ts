import { HeadwiseError } from '../../words/error.ts'
import { nearest } from '../../words/nearest.ts'
import { delimiter } from './delimiter.ts'
import type { Detector } from './detector.ts'
import { distance } from './distance.ts'
import { duplicate } from './duplicate.ts'
import { entropy } from './entropy.ts'
import { induction } from './induction.ts'
import { offset } from './offset.ts'
import { previous } from './previous.ts'
import { self } from './self.ts'
import { sink } from './sink.ts'

/** Every detector with a name of its own, in the order in which lists show them; `offset-N` exists for every N ≥ 0. */
export const detectors: readonly Detector[] = [induction, previous, duplicate, sink, entropy, delimiter, self, distance]

/** The detector of that name. Throws `detector-unknown`, which lists the known ones. */
export function findDetector(id: string): Detector {
  const places = /^offset-(0|[1-9]\d{0,4})$/.exec(id)?.[1]
  const found = places === undefined ? detectors.find(d => d.id === id) : offset(Number(places))
  if (found) return found
  const known = [...detectors.map(d => d.id), 'offset-N']
  throw new HeadwiseError(
    `There is no detector "${id}"; the nearest is ${nearest(id, known)[0]}; known are ${known.join(', ')}.`,
    {
      code: 'detector-unknown',
      fault: 'usage',
      where: 'detector',
      found: id,
      allowed: known,
    },
  )
}
