import { HeadwiseError } from '../words/error.ts'

/** The position that was asked for, default the last one; throws `position` for one that the text does not have. */
export function positionIn(ids: readonly number[], position = ids.length - 1): number {
  if (Number.isInteger(position) && position >= 0 && position < ids.length) return position
  throw new HeadwiseError(`position is ${position}; the text has the positions 0 to ${ids.length - 1}.`, {
    code: 'position',
    fault: 'usage',
    where: 'position',
    found: position,
    allowed: ids.length - 1,
  })
}
