import { toByteCharacters } from './bytes.ts'
import type { CompiledPattern } from './patterns.ts'
import { type Job, type Stretch, search } from './search.ts'

export type Behaviour = 'Removed' | 'Isolated' | 'MergedWithPrevious' | 'MergedWithNext' | 'Contiguous'

/** One step that cuts text into pieces (pre-tokens); BPE joins nothing across pieces. */
export type PreTokeniser =
  | {
      readonly type: 'Split'
      readonly pattern: CompiledPattern
      readonly behaviour: Behaviour
      readonly invert: boolean
    }
  /** A space before every piece that does not begin with one. */
  | { readonly type: 'PrefixSpace' }
  /** Every byte of UTF-8 written as one character. */
  | { readonly type: 'ByteLevel' }
  | {
      readonly type: 'Metaspace'
      readonly mark: string
      readonly prepend: 'always' | 'first' | 'never'
      readonly split: CompiledPattern | undefined
    }

/** Runs the steps over one stretch of text; `atStart` says that it begins the whole text. */
export async function pretokenise(
  text: string,
  atStart: boolean,
  steps: readonly PreTokeniser[],
  job: Job,
): Promise<string[]> {
  let pieces = [text]
  for (const step of steps) pieces = (await apply(step, pieces, atStart, job)).filter(p => p !== '')
  return pieces
}

async function apply(step: PreTokeniser, pieces: string[], atStart: boolean, job: Job): Promise<string[]> {
  switch (step.type) {
    case 'Split':
      return (await search(step.pattern, pieces, job)).flatMap(s => join(s, step.behaviour, step.invert))
    case 'PrefixSpace':
      return pieces.map(p => (p.startsWith(' ') ? p : ` ${p}`))
    case 'ByteLevel':
      return pieces.map(toByteCharacters)
    case 'Metaspace': {
      const marked = pieces.map((p, i) => {
        const replaced = p.replaceAll(' ', step.mark)
        const wanted = step.prepend === 'always' || (step.prepend === 'first' && atStart && i === 0)
        return wanted && !replaced.startsWith(step.mark) ? step.mark + replaced : replaced
      })
      if (step.split === undefined) return marked
      return (await search(step.split, marked, job)).flatMap(s => join(s, 'MergedWithNext', false))
    }
  }
}

/** What becomes of the matches: pieces of their own, dropped, or joined to a neighbour. */
function join(stretches: readonly Stretch[], behaviour: Behaviour, invert: boolean): string[] {
  const parts = invert ? stretches.map(s => ({ text: s.text, match: !s.match })) : stretches
  switch (behaviour) {
    case 'Isolated':
      return parts.map(p => p.text)
    case 'Removed':
      return parts.filter(p => !p.match).map(p => p.text)
    case 'Contiguous':
      return fold(parts, (part, before) => part.match === before?.match)
    case 'MergedWithPrevious':
      return fold(parts, (part, before) => part.match && before !== undefined && !before.match)
    case 'MergedWithNext':
      return fold(parts, (part, before) => !part.match && before?.match === true)
  }
}

function fold(parts: readonly Stretch[], joins: (part: Stretch, before: Stretch | undefined) => boolean): string[] {
  const out: string[] = []
  parts.forEach((part, i) => {
    if (joins(part, parts[i - 1])) out.push(`${out.pop() ?? ''}${part.text}`)
    else out.push(part.text)
  })
  return out
}
