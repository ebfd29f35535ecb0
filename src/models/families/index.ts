import { join } from 'node:path'
import { bad, show } from '../../checkpoint/fault.ts'
import type { TensorSource } from '../../checkpoint/source.ts'
import { nearest } from '../../words/nearest.ts'
import type { Family } from './family.ts'
import { llama } from './llama.ts'

export const families: readonly Family[] = [llama]

/** The family that `pick` finds by a name from a file; the sentence of a refusal lists the nearest known names. */
function find(file: string, where: string, found: unknown, pick: (family: Family) => readonly string[]): Family {
  const family = families.find(f => typeof found === 'string' && pick(f).includes(found))
  if (family !== undefined) return family
  const known = families.flatMap(pick)
  const near = typeof found === 'string' ? nearest(found, known) : known
  const details = { code: 'family-unknown', file, where, found, allowed: known }
  throw bad(
    details,
    `${where} is ${show(found)}, a family that headwise does not know; the nearest known: ${near.join(', ')}.`,
  )
}

/** The family of a checkpoint, by its `model_type` and `architectures`, or its `general.architecture`. */
export function familyOf(source: TensorSource): Family {
  const { file, metadata, config } = source
  if (metadata !== undefined)
    return find(file, 'general.architecture', metadata.get('general.architecture'), f => [f.ggufArchitecture])
  const json = join(source.folder, 'config.json')
  const family = find(json, 'model_type', config?.model_type, f => [f.modelType])
  const named = config?.architectures
  const first = Array.isArray(named) ? named[0] : named
  if (first !== undefined && first !== null)
    find(json, 'architectures[0]', first, f => (f === family ? f.architectures : []))
  return family
}
