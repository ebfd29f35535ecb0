import type { Rows } from '../../src/results/rows.ts'
import { specOf } from '../../src/results/spec.ts'
import type { Spec } from '../../src/words/spec.ts'

/** A spec of no real model: jobs of tests are known by their seed. */
export function fakeSpec(
  o: { seed?: number; model?: string; version?: string; files?: Record<string, string> } = {},
): Spec {
  return specOf(
    {
      command: 'ablate',
      model: 'nowhere',
      prompts: [{ ids: [1, 2, 3], text: '=HYPERLINK("x\'); COPY (SELECT 1) TO \'/tmp/x")' }],
      edits: [],
      seed: o.seed ?? 0,
      threads: 1,
      device: 'cpu',
    },
    {
      modelHash: (o.model ?? 'a').repeat(64),
      tokenizerHash: 'b'.repeat(64),
      files: o.files ?? {},
      dropped: [],
      backend: 'cpu',
      dtype: 'f32',
      version: o.version ?? '1.2.3',
    },
  )
}

/** Rows of a part, as a function of the part alone; they hold every kind of number. */
export function fakeRows(part: number, count = 40): Rows {
  const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, Number.MIN_VALUE]
  return {
    run: Int32Array.from({ length: count }, (_, i) => part * count + i - 1),
    sample: Int32Array.from({ length: count }, (_, i) => i % 3),
    value: Float64Array.from({ length: count }, (_, i) => special[i] ?? Math.sin(part * count + i)),
  }
}
