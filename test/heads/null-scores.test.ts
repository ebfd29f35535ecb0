import { expect, test } from 'vitest'
import { induction } from '../../src/heads/detectors/induction.ts'
import { previous } from '../../src/heads/detectors/previous.ts'
import { sink } from '../../src/heads/detectors/sink.ts'
import { nullScores } from '../../src/heads/null-scores.ts'
import { scoreHeads } from '../../src/heads/scores.ts'
import { open } from '../../src/library/open.ts'
import { randomRepeats } from '../../src/library/random-repeats.ts'
import { engineOf, tiny } from '../support/models.ts'
import { refusal } from '../support/refusal.ts'

const facts = (ids: readonly number[]) => ({ ids, tokenText: String, specialIds: new Set<number>() })
const PROMPTS = [facts([5, 9, 13, 5, 9, 13, 5]), facts([1, 2, 3]), facts([7, 8, 7, 8, 7])]

test('the observed scores are those of scoreHeads, and the expected null is the mean over the candidates', async () => {
  await using engine = await engineOf(tiny('gqa'))
  const wanted = [previous, induction]
  const progress: number[] = []
  const nulls = await nullScores(engine, wanted, PROMPTS, {
    seed: 3,
    draws: 2000,
    onProgress: p => progress.push(p.done),
  })
  expect(progress.at(-1)).toBe(PROMPTS.length * engine.config.layers)
  const scores = await scoreHeads(engine, wanted, PROMPTS)
  for (const d of wanted) {
    const { values, prompts } = scores.get(d.id)!
    const { observed, excess, p } = nulls.get(d.id)!
    for (let c = 0; c < observed.length; c++) {
      const mean = Array.from({ length: prompts }, (_, i) => values[i * observed.length + c]!)
      expect(observed[c]).toBeCloseTo(mean.reduce((a, b) => a + b, 0) / prompts, 5)
      expect(p[c]! > 0 && p[c]! <= 1).toBe(true)
      expect(excess[c]! > 0).toBe(p[c]! < 0.5)
    }
  }
  const again = await nullScores(engine, wanted, PROMPTS, { seed: 3, draws: 2000 })
  expect(again).toEqual(nulls)
})

test("the specimen's copying heads stand out from random keys, its others do not; sinks stand out as sinks", async () => {
  const opened = await open('specimen', { threads: 2 })
  await using engine = opened.engine
  const prompts = randomRepeats(await opened.tokenizer(), engine.config.vocab, 0)
    .slice(0, 2)
    .map(facts)
  const nulls = await nullScores(engine, [induction, previous, sink], prompts, { seed: 0, draws: 1000 })
  const least = 1 / 1001
  const { heads } = engine.config
  const p = (id: string, layer: number, head: number) => nulls.get(id)!.p[layer * heads + head]
  for (const [l, h] of [
    [6, 5],
    [6, 1],
    [5, 4],
    [5, 5],
  ] as const)
    expect(p('induction', l, h)).toBe(least)
  for (const [l, h] of [
    [4, 7],
    [3, 1],
    [4, 0],
  ] as const)
    expect(p('previous', l, h)).toBe(least)
  expect(p('sink', 6, 0)).toBe(least)
  const { excess } = nulls.get('induction')!
  expect(excess[6 * heads + 5]).toBeGreaterThan(0.9)
  // A head of the first layer cannot know what followed: it may prefer a distance inside the class, and that by little.
  for (let h = 0; h < heads; h++) expect(Math.abs(excess[h]!)).toBeLessThan(0.02)
})

test('an abort ends it', async () => {
  await using engine = await engineOf(tiny('gqa'))
  const stop = new AbortController()
  const watch = { seed: 0, draws: 10, signal: stop.signal, onProgress: () => stop.abort() }
  expect(await refusal(() => nullScores(engine, [previous], PROMPTS, watch))).toMatchObject({ code: 'interrupted' })
})
