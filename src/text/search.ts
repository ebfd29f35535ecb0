import { findGuarded, OverTime, overTime } from './guard.ts'
import { type CompiledPattern, findInline } from './patterns.ts'

/** A stretch of a text, and whether the pattern matched it. */
export interface Stretch {
  readonly text: string
  readonly match: boolean
}

/** Cuts each text into what a pattern matches and what lies between; no stretch is empty. */
export async function search(pattern: CompiledPattern, texts: readonly string[], file: string): Promise<Stretch[][]> {
  const found = pattern.linear ? findInline(pattern.source, texts) : await guarded(pattern, texts, file)
  return texts.map((text, i) => stretches(text, found[i] ?? []))
}

async function guarded(pattern: CompiledPattern, texts: readonly string[], file: string) {
  try {
    return await findGuarded(pattern.source, texts)
  } catch (error) {
    throw error instanceof OverTime ? overTime(file, pattern.quoted) : error
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
