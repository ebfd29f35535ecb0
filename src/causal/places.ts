import type { Sample } from '../runs/metric.ts'
import { HeadwiseError } from '../words/error.ts'

/**
 * Positions of a sequence by what they are: all, the first, the last one of the prompt, those where the two texts of a
 * pair differ, every token of a piece of text, or indices.
 */
export type Places = 'all' | 'first' | 'last' | 'different' | readonly number[] | { readonly text: string }

/** A sequence whose positions are meant. */
export interface Placed {
  readonly sample: Sample
  /** The other text of the pair, as long as this one. */
  readonly source?: readonly number[]
  /** The text of one token, for places that are given as text. */
  readonly tokenText?: (id: number) => string
  /** How messages name it: `pairs[3]`. */
  readonly name: string
}

/** The positions whose logits the metric reads: those that predict the scored tokens, else the last one. */
export function readPositions({ ids, read }: Sample): number[] {
  if (read.metric !== 'sequence_logprob') return [ids.length - 1]
  return Array.from({ length: ids.length - read.from }, (_, i) => read.from - 1 + i)
}

const refuse = (name: string, why: string, found: unknown, allowed: unknown) =>
  new HeadwiseError(`${name}: ${why}.`, { code: 'places', fault: 'usage', where: name, found, allowed })

/** The tokens of the one place where the text stands; none or two places are refused. */
function spanOf(text: string, { sample, tokenText, name }: Placed): number[] {
  const pieces = sample.ids.map(id => tokenText?.(id) ?? '')
  const whole = pieces.join('')
  const from = whole.indexOf(text)
  if (text === '' || from < 0) throw refuse(name, `the text ${JSON.stringify(text)} is not in it`, text, whole)
  if (whole.indexOf(text, from + 1) >= 0)
    throw refuse(
      name,
      `the text ${JSON.stringify(text)} stands in more than one place; give indices`,
      text,
      'one place',
    )
  let end = 0
  return pieces.flatMap((piece, i) => {
    const start = end
    end += piece.length
    return start < from + text.length && end > from ? [i] : []
  })
}

/** The positions meant, in rising order; undefined for all of them. Throws `places` when there are none. */
export function positionsOf(places: Places, placed: Placed): [number, ...number[]] | undefined {
  const { sample, source, name } = placed
  const { ids } = sample
  const found = ((): readonly number[] | undefined => {
    if (places === 'all') return undefined
    if (places === 'first') return [0]
    if (places === 'last') return readPositions(sample)
    if (places === 'different') {
      if (!source)
        throw refuse(name, 'only the texts of pairs can differ, and this is a single text', 'one text', 'pairs')
      if (source.length !== ids.length)
        throw refuse(
          name,
          `its two texts have ${ids.length} and ${source.length} tokens, and where they differ is asked position by position`,
          source.length,
          ids.length,
        )
      return ids.flatMap((id, i) => (id === source[i] ? [] : [i]))
    }
    if ('text' in places) return spanOf(places.text, placed)
    const outside = places.find(p => p >= ids.length)
    if (outside !== undefined)
      throw refuse(name, `position ${outside} is outside its ${ids.length} tokens`, outside, ids.length - 1)
    return [...new Set(places)].sort((a, b) => a - b)
  })()
  if (found === undefined) return undefined
  const [first, ...rest] = found
  if (first === undefined)
    throw refuse(name, 'its two texts have the same tokens', 'no difference', 'texts that differ')
  return [first, ...rest]
}
