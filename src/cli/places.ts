import type { Places } from '../causal/places.ts'
import { HeadwiseError } from '../words/error.ts'
import { count } from './terminal/units.ts'

const NAMES = ['all', 'first', 'last', 'different'] as const

/** `3` or `3-6`, the end included. */
function range(part: string): number[] | undefined {
  const [, from, to = from] = /^(\d{1,7})(?:-(\d{1,7}))?$/.exec(part.trim()) ?? []
  if (from === undefined || Number(to) < Number(from)) return undefined
  return Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => Number(from) + i)
}

/** A parser for positions: a name, indices and ranges between commas, or `text:` and the text that stands there. */
export const places =
  (option: string) =>
  (text: string): Places => {
    const name = NAMES.find(n => n === text)
    if (name) return name
    if (text.startsWith('text:') && text.length > 'text:'.length) return { text: text.slice('text:'.length) }
    const parts = text.split(',').map(range)
    if (parts.every(p => p !== undefined)) return parts.flat()
    const allowed = `${NAMES.join(', ')}, indices as in 3,5-7, or text: and a piece of the text`
    throw new HeadwiseError(`${option} is ${JSON.stringify(text)}; allowed: ${allowed}.`, {
      code: 'option',
      fault: 'usage',
      where: option,
      found: text,
      allowed,
    })
  }

/** What a knockout leaves to positions that can attend to nothing. */
export const blindText = (positions: number): string =>
  `${count(positions, 'position')} ${positions === 1 ? 'has' : 'have'} no key left to attend to: what attention gives there is zeros.`

/** The same positions as people would say them. */
export const placesText = (at: Places): string =>
  typeof at === 'string' ? at : 'text' in at ? JSON.stringify(at.text) : at.join(', ')
