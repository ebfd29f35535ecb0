import { checkTokens, tokenFeeds } from '../runs/batch.ts'
import type { Engine } from '../runs/engine.ts'
import type { Probe } from '../runs/probe.ts'
import { f32, type NDArray } from '../words/arrays.ts'
import { type OnProgress, throwIfAborted } from '../words/error.ts'
import { point, pointKey } from '../words/site.ts'
import type { Detector, PromptFacts } from './detectors/detector.ts'

/** The keys of every query row as 0 and 1, [1, 1, query, key]. */
function keyMask({ keys }: Detector, prompt: PromptFacts): NDArray<'f32'> {
  const time = prompt.ids.length
  const mask = new Float32Array(time * time)
  for (let q = 0; q < time; q++) for (const k of keys!(prompt, q)) mask[q * time + k] = 1
  return f32([1, 1, time, time], mask)
}

export interface Scores {
  /** [prompt, layer, head] of the prompts that have a score. */
  readonly values: Float32Array
  /** How many prompts have one: those with a query row that counts. */
  readonly prompts: number
}

/** Rows [1, head, query, 1] to their mean over the queries that count, for each head. */
function meanRows(rows: NDArray, queries: readonly number[], heads: number): Float32Array {
  const time = rows.shape[2]!
  return Float32Array.from(
    { length: heads },
    (_, h) => queries.reduce((s, q) => s + rows.data[h * time + q]!, 0) / queries.length,
  )
}

/**
 * The score of every head on every prompt, for several detectors in one pass a prompt; patterns are reduced to rows
 * where they are computed and never kept.
 */
export async function scoreHeads(
  engine: Engine,
  wanted: readonly Detector[],
  prompts: readonly PromptFacts[],
  o: { signal?: AbortSignal | undefined; onProgress?: OnProgress | undefined } = {},
): Promise<ReadonlyMap<string, Scores>> {
  const { layers, heads } = engine.config
  const probes: Probe[] = Array.from({ length: layers }, (_, l) =>
    wanted.map((d): Probe => ({ at: point('pattern', l), do: 'capture', reduce: { id: d.id, rows: d.rows } })),
  ).flat()
  const found = new Map<string, Float32Array[]>(wanted.map(d => [d.id, []]))
  for (const [i, prompt] of prompts.entries()) {
    throwIfAborted(o.signal)
    checkTokens(prompt.ids, engine.config.vocab)
    const masks = Object.fromEntries(wanted.filter(d => d.keys).map(d => [`aux:${d.id}`, keyMask(d, prompt)]))
    const recipe = { extent: engine.extent(prompt.ids.length), probes, want: [] }
    const out = await engine.run(recipe, { ...tokenFeeds([prompt.ids]), ...masks }, { signal: o.signal })
    for (const d of wanted) {
      const queries = d.queries(prompt)
      if (queries.length === 0) continue
      const values = new Float32Array(layers * heads)
      for (let l = 0; l < layers; l++)
        values.set(meanRows(out[`${pointKey(point('pattern', l))}/${d.id}`]!, queries, heads), l * heads)
      found.get(d.id)!.push(values)
    }
    o.onProgress?.({ what: 'prompts', done: i + 1, total: prompts.length })
  }
  return new Map(
    [...found].map(([id, per]) => {
      const values = new Float32Array(per.length * layers * heads)
      for (const [i, v] of per.entries()) values.set(v, i * layers * heads)
      return [id, { values, prompts: per.length }]
    }),
  )
}
