import { HeadwiseError } from '../words/error.ts'
import { type Clock, findGuarded, Stopped } from './guard.ts'
import { type CompiledPattern, findInline } from './patterns.ts'

/** Whose patterns search, and how long they still may. */
export interface Job {
  readonly file: string
  readonly clock: Clock
}

/** A stretch of a text, and whether the pattern matched it. */
export interface Stretch {
  readonly text: string
  readonly match: boolean
}

/** Cuts each text into what a pattern matches and what lies between; no stretch is empty. */
export async function search(pattern: CompiledPattern, texts: readonly string[], job: Job): Promise<Stretch[][]> {
  const found = await find(pattern, texts, job)
  return texts.map((text, i) => stretches(text, found[i] ?? []))
}

async function find({ linear, source, quoted }: CompiledPattern, texts: readonly string[], { file, clock }: Job) {
  try {
    return linear ? findInline(source, texts) : await findGuarded(source, texts, clock)
  } catch (error) {
    const what = error instanceof Stopped ? error.message : 'cannot search a text this long'
    const found = quoted.slice(0, 200)
    throw new HeadwiseError(`${file}: the pattern ${JSON.stringify(found)} ${what}.`, {
      code: 'tokenizer-pattern-stopped',
      file,
      where: 'text',
      found,
      allowed: 'patterns that end',
    })
  }
}

function stretches(text: string, found: readonly number[]): Stretch[] {
  const out: Stretch[] = []
  let end = 0
  const add = (from: number, to: number, match: boolean) => {
    if (to > from) out.push({ text: text.slice(from, to), match })
  }
  for (let i = 0; i < found.length; i += 2) {
    add(end, found[i] as number, false)
    add(found[i] as number, found[i + 1] as number, true)
    end = found[i + 1] as number
  }
  add(end, text.length, false)
  return out
}
