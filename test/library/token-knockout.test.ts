import '../support/cache.ts'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EditInput, type Headwise, load } from '../../src/index.ts'
import { gridValues } from '../../src/results/grid.ts'
import { checkTask } from '../../src/results/input.ts'
import { logProbabilities } from '../../src/runs/metric.ts'
import type { Grid } from '../../src/words/grid.ts'
import { refusal } from '../support/refusal.ts'

let m: Headwise
beforeAll(async () => {
  m = await load('specimen', { threads: 2 })
})
afterAll(() => m[Symbol.asyncDispose]())

const TEXT = 'One day Lily found a shiny key. Ben lost the shiny'
const data = (grid: Grid): Float64Array => gridValues(grid).data
const from = (start: number, end: number) => Array.from({ length: end - start }, (_, i) => start + i)
/** Written out by hand: no query after the key can attend to it, layer by layer. */
const cutOff = (key: number, time: number): EditInput[] =>
  key === time - 1
    ? []
    : from(0, 8).map(layer => ({
        do: 'knockout',
        at: { site: 'scores', layer },
        queries: from(key + 1, time) as [number, ...number[]],
        keys: [key],
      }))

/** The text's ids, and its likeliest next token. */
async function asItIs() {
  const { document } = await m.run(TEXT)
  const pass = 'runs' in document ? document.runs[0]! : document
  return { tokens: pass.tokens, first: pass.top[0]! }
}

const EDITS: Record<string, EditInput[]> = {
  nothing: [],
  'a head off': [{ do: 'zero', at: { site: 'z', layer: 6 }, heads: [5] }],
  'mean, patch, an edge and the last position': [
    { do: 'mean', at: { site: 'z', layer: 4 }, heads: [2] },
    {
      do: 'patch',
      at: { site: 'z', layer: 3 },
      heads: [1],
      prompt: 'One day Tom found a shiny coin. Ben lost the big',
    },
    { do: 'knockout', at: { site: 'scores', layer: 6 }, heads: [1], queries: 'last', keys: [6] },
    { do: 'scale', by: 0.4, at: { site: 'z', layer: 5 }, heads: [4], positions: 'last' },
  ],
}

test.each(Object.entries(EDITS))(
  'each effect with %s in force is that of two whole runs, to 1e-4 nats',
  async (_, edits) => {
    const { tokens, first } = await asItIs()
    const after = async (list: EditInput[]): Promise<number> =>
      logProbabilities((await m.run([...tokens], { edits: list })).logits.data)[first.id]!
    const before = await after(edits)
    const { document, clean } = await (await m.planKnockout({ text: TEXT, by: 'key', edits })).execute()
    expect(Math.abs(clean - before)).toBeLessThan(1e-4)
    const effects = data(document)
    expect(effects).toHaveLength(tokens.length)
    for (const key of tokens.keys()) {
      const slow = (await after([...edits, ...cutOff(key, tokens.length)])) - before
      expect(Math.abs(effects[key]! - slow)).toBeLessThan(1e-4)
    }
    expect(effects.at(-1)).toBe(0)
    expect(Math.max(...effects.map(Math.abs))).toBeGreaterThan(0.5)
    expect(document).toMatchObject({ n: 1, metric: expect.stringContaining(JSON.stringify(first.token)) })
    expect(document.axes[0]!.labels!.slice(-2)).toEqual([' the', ' shiny'])
    expect(document.spec.request).toMatchObject({ command: 'knockout', edits, method: { id: 'token-knockout' } })
  },
)

test('a token to which no later query attends has no effect, whatever else is edited', async () => {
  const head = fc.record({ layer: fc.nat(7), head: fc.nat(7), by: fc.double({ min: -1, max: 2, noNaN: true }) })
  const { tokens: ids } = await asItIs()
  await fc.assert(
    fc.asyncProperty(fc.nat(ids.length - 1), fc.array(head, { maxLength: 3 }), async (key, heads) => {
      const scaled = heads.map(
        (h): EditInput => ({ do: 'scale', by: h.by, at: { site: 'z', layer: h.layer }, heads: [h.head] }),
      )
      const edits = [...scaled, ...cutOff(key, ids.length)]
      const effects = data(await m.knockout({ prompts: [[...ids]], by: 'key', edits, next: [7] }))
      expect(Math.abs(effects[key]!)).toBeLessThan(1e-6)
    }),
    { numRuns: 8, seed: 3 },
  )
})

test('a task has its own metric, over prompts of one length: as cut key by key in a window of all layers', async () => {
  const people = [
    ['Lily', 'Jack'],
    ['Tom', 'Mary'],
    ['Ben', 'Anna'],
  ]
  const task = checkTask(
    {
      name: 'who',
      form: 'next',
      metric: 'logit_diff',
      prompts: people.map(([a, b]) => ({
        text: `When ${a} and ${b} went to the park, ${b} gave a coin to`,
        answers: [` ${a}`],
        distractors: [` ${b}`],
      })),
    },
    'task',
  )
  const grid = await m.knockout({ task, by: 'key' })
  const labels = grid.axes[0]!.labels!
  expect([labels[1], labels[2], grid.n, grid.metric]).toEqual([
    'When',
    '*',
    3,
    'logit_diff, token cut off minus as it is, logits',
  ])
  for (const key of [0, 2, 10]) {
    const layers = data(await m.knockout({ task, keys: [key], queries: from(key + 1, labels.length), window: 16 }))
    expect(layers[0]!).toBeCloseTo(data(grid)[key]!, 4)
  }
  expect(data(grid)[2]!).toBeLessThan(-0.5)
  expect(grid.low).toBeDefined()
})

test('prompts of unequal length, and next tokens that are not one for each prompt, are refused', async () => {
  const [a, b] = [[0, 5, 6, 7] as const, [0, 5, 6] as const]
  expect(await refusal(() => m.knockout({ prompts: [a, b], by: 'key' }))).toMatchObject({ code: 'knockout-lengths' })
  expect(await refusal(() => m.knockout({ prompts: [a], by: 'key', next: [1, 2] }))).toMatchObject({
    code: 'knockout-next',
    fault: 'usage',
  })
  expect(await refusal(() => m.knockout({ prompts: [a], by: 'key', next: [4096] }))).toMatchObject({ code: 'token-id' })
})
