import { graphOf } from '../../src/graph/graph.ts'
import { input } from '../../src/graph/primitives/leaf.ts'
import type { Detector, PromptFacts } from '../../src/heads/detectors/detector.ts'
import { referenceBackend } from '../../src/runtime/reference.ts'
import { f32 } from '../../src/words/arrays.ts'
import { fileWeights } from './weights.ts'

/** A prompt of words; punctuation is what it looks like, `<s>` is special. */
export function words(...list: string[]): PromptFacts {
  const known = [...new Set(list)]
  const special = known.indexOf('<s>')
  return {
    ids: list.map(w => known.indexOf(w)),
    tokenText: id => known[id] ?? '',
    specialIds: new Set(special < 0 ? [] : [special]),
  }
}

/** The score of one head whose pattern is given by rows of [query][key], by the detector's own rows and queries. */
export async function scoreOf(
  d: Detector,
  prompt: PromptFacts,
  pattern: readonly (readonly number[])[],
): Promise<number> {
  const time = prompt.ids.length
  const p = input('pattern', 'f32', [1, 1, time, time])
  const mask = new Float32Array(time * time)
  for (let q = 0; q < time; q++) for (const k of d.keys?.(prompt, q) ?? []) mask[q * time + k] = 1
  const rows = d.rows(p, name => input(`aux:${name}`, 'f32', [1, 1, time, time]))
  await using backend = referenceBackend()
  using weights = fileWeights({})
  await using executable = await backend.compile(graphOf(new Map([['rows', rows]])), weights)
  const out = await executable.run({
    pattern: f32([1, 1, time, time], Float32Array.from(pattern.flat())),
    [`aux:${d.id}`]: f32([1, 1, time, time], mask),
  })
  const queries = d.queries(prompt)
  return queries.reduce((s, q) => s + out.rows!.data[q]!, 0) / queries.length
}

/** A lower triangle of distinct numbers: A[q, k] = (10·q + k) / 100. */
export const numbered = (time: number): number[][] =>
  Array.from({ length: time }, (_, q) => Array.from({ length: time }, (_, k) => (k <= q ? (10 * q + k) / 100 : 0)))
