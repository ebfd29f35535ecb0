import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkEdits } from '../../src/results/input.ts'
import { tokenFeeds } from '../../src/runs/batch.ts'
import { Engine } from '../../src/runs/engine.ts'
import { runSequence } from '../../src/runs/run.ts'
import type { Backend } from '../../src/runtime/backend.ts'
import { point } from '../../src/words/site.ts'
import { engineOf, tiny } from '../support/models.ts'

const MOST = 160
let real: Engine
beforeAll(async () => {
  real = await engineOf(tiny('gqa'), 'reference')
})
afterAll(async () => {
  await real[Symbol.asyncDispose]()
})

/** An engine whose sessions are counted; with `idle` they compute nothing. */
function counted(idle: boolean) {
  const seen = { compiled: 0, open: 0 }
  const backend: Backend = {
    name: 'reference',
    threads: 1,
    async compile(graph, weights, residence) {
      const own = await real.backend.compile(graph, weights, residence)
      seen.compiled++
      seen.open++
      const close = async () => {
        seen.open--
        await own[Symbol.asyncDispose]()
      }
      return idle
        ? { graph, run: async () => ({}), peakBytes: () => 0, [Symbol.asyncDispose]: close }
        : { graph, run: (f, o) => own.run(f, o), peakBytes: d => own.peakBytes(d), [Symbol.asyncDispose]: close }
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
  return { seen, engine: new Engine(real.config, real.weights, backend) }
}

test('sessions are kept by what they compute, the least recently used goes, and none outlives its engine', async () => {
  const { seen, engine } = counted(true)
  const recipe = { extent: engine.extent(1), probes: [], want: [point('logits')] }
  const batch = (n: number) => engine.run(recipe, tokenFeeds(Array.from({ length: n }, () => [5])))
  for (let n = 1; n <= MOST; n++) await batch(n)
  expect(seen).toEqual({ compiled: MOST, open: MOST })
  await batch(1)
  expect(seen.compiled).toBe(MOST)
  // One more: the second goes, for the first was used since.
  await batch(MOST + 1)
  expect(seen).toEqual({ compiled: MOST + 1, open: MOST })
  await batch(1)
  expect(seen.compiled).toBe(MOST + 1)
  await batch(2)
  expect(seen).toEqual({ compiled: MOST + 2, open: MOST })
  await engine[Symbol.asyncDispose]()
  expect(seen.open).toBe(0)
})

test('no head, position or value is compiled in: edits of one site and the same axes share a session', async () => {
  const { seen, engine } = counted(false)
  const run = async (edit: object, layer = 1) => {
    const edits = checkEdits([{ ...edit, at: { site: 'z', layer } }], 'edits')
    return String((await runSequence(engine, [4, 8, 15], { edits })).logits.data)
  }
  const byHead = [
    ...[0, 1, 2, 3].map(head => ({ do: 'zero', heads: [head] })),
    { do: 'zero', heads: [1, 3] },
    { do: 'scale', heads: [2], by: 0.5 },
    { do: 'set', heads: [2], value: 1 },
  ]
  const byPosition = [
    { do: 'add', positions: [0, 2], value: 3 },
    { do: 'set', positions: 'last', value: 1 },
    { do: 'zero', positions: { tokens: [8] } },
  ]
  const logits = new Set<string>()
  for (const edit of byHead) logits.add(await run(edit))
  expect(seen.compiled).toBe(1)
  for (const edit of byPosition) logits.add(await run(edit))
  expect(seen.compiled).toBe(2)
  expect(logits.size).toBe(byHead.length + byPosition.length)
  await run(byHead[0]!, 2)
  expect(seen.compiled).toBe(3)
  await engine[Symbol.asyncDispose]()
  expect(seen.open).toBe(0)
})
