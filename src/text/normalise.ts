import { HeadwiseError } from '../words/error.ts'
import type { CompiledPattern } from './patterns.ts'
import { type Job, type Stretch, search } from './search.ts'

/** One step that rewrites text before it is cut into pieces. */
export type Normaliser =
  | { readonly type: 'NFC' | 'NFD' | 'NFKC' | 'NFKD' }
  | { readonly type: 'Lowercase' }
  | { readonly type: 'Strip'; readonly left: boolean; readonly right: boolean }
  | { readonly type: 'Prepend'; readonly text: string }
  | { readonly type: 'Replace'; readonly pattern: CompiledPattern; readonly content: string }

/** Sorting a run of combining marks takes quadratic time; Unicode's own stream-safe form allows 30. */
const MAX_MARKS = 1024
/** How far replacing may blow a text up, in characters: 8 times its length and 1 Mi. */
const limitOf = (text: string): number => 8 * text.length + 2 ** 20

export async function normalise(text: string, steps: readonly Normaliser[], job: Job): Promise<string> {
  let out = text
  for (const step of steps) {
    out = await apply(step, out, job)
    if (out.length > limitOf(text)) throw grown(out.length, limitOf(text), job.file)
  }
  return out
}

const grown = (length: number, limit: number, file: string): HeadwiseError =>
  new HeadwiseError(`${file}: the normalizer turns the text into ${length} characters; the limit is ${limit}.`, {
    code: 'tokenizer-normalizer-growth',
    file,
    where: 'normalizer',
    found: length,
    allowed: limit,
  })

async function apply(step: Normaliser, text: string, job: Job): Promise<string> {
  switch (step.type) {
    case 'Lowercase':
      // Character by character: the whole string's lower case would look at the neighbours of a Greek sigma.
      return text === text.toLowerCase() ? text : Array.from(text, c => c.toLowerCase()).join('')
    case 'Strip': {
      const left = step.left ? text.replace(/^\p{White_Space}+/u, '') : text
      return step.right ? left.slice(0, lastVisible(left)) : left
    }
    case 'Prepend':
      return text === '' ? text : step.text + text
    case 'Replace': {
      const stretches = (await search(step.pattern, [text], job))[0] ?? []
      return replaced(stretches, step.content, limitOf(text), job.file)
    }
    default:
      checkMarks(text, job.file)
      return text.normalize(step.type)
  }
}

function replaced(stretches: readonly Stretch[], content: string, limit: number, file: string): string {
  const length = stretches.reduce((n, s) => n + (s.match ? content.length : s.text.length), 0)
  if (length > limit) throw grown(length, limit, file)
  return stretches.map(s => (s.match ? content : s.text)).join('')
}

/** The end of the last character that is no white space. (A pattern anchored at the end would try every run.) */
function lastVisible(text: string): number {
  let end = text.length
  while (end > 0 && /\p{White_Space}/u.test(text[end - 1] as string)) end--
  return end
}

function checkMarks(text: string, file: string): void {
  // The two half-width sound marks are no marks themselves but become some.
  const run = /[\p{M}\uff9e\uff9f]{1025}/u.exec(text)
  if (run === null) return
  throw new HeadwiseError(
    `The text has more than ${MAX_MARKS} combining marks in a row at character ${run.index}, which the normalizer of ${file} cannot sort in reasonable time.`,
    { code: 'text-combining-marks', file, where: `text[${run.index}]`, found: `over ${MAX_MARKS}`, allowed: MAX_MARKS },
  )
}
