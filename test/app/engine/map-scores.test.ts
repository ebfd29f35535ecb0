import { expect, test } from 'vitest'
import { mapScore, needsScores, scoreChoices } from '../../../app/src/engine/map-scores.ts'
import { nextEffect } from '../../../app/src/engine/next-effect.ts'
import { initial } from '../../../app/src/state/state.ts'
import { load } from '../../../src/library/load.ts'
import type { Client } from '../../../src/service/client.ts'
import { Service } from '../../../src/service/service.ts'
import type { NextResult, TokensResult } from '../../../src/service/verbs.ts'
import type { EditInput } from '../../../src/words/edit.ts'

const nothing = { value: undefined, error: undefined, stale: false, progress: undefined }
const known = ['induction', 'previous']

test('only the detectors that are shown are asked for, on the ground where they are shown', () => {
  expect(needsScores(initial, known)).toEqual({ repeats: ['induction'], prompt: [] })
  expect(needsScores({ ...initial, ground: 'prompt', beside: 'previous' }, known)).toEqual({
    repeats: [],
    prompt: ['induction', 'previous'],
  })
  // Removal on the random sequences needs the sequences, which come with any score on them.
  expect(needsScores({ ...initial, score: 'ablate-zero' }, known)).toEqual({ repeats: ['induction'], prompt: [] })
  expect(needsScores({ ...initial, score: 'changes', ground: 'prompt' }, known)).toEqual({ repeats: [], prompt: [] })
})

test('what the map shows is what the library says', async () => {
  const m = await load('specimen')
  try {
    const grids = await m.scores(['induction', 'entropy'])
    const said = { ...nothing, value: { grids } }
    const sources = {
      info: { value: { detectors: [{ id: 'induction', metric: grids[0]!.metric }] } },
      next: nothing,
      repeats: said,
      here: nothing,
      effects: { zero: nothing, mean: nothing },
      changes: nothing,
      nextEffect: nothing,
      syntax: nothing,
    }
    const { score, grid, name, metric, causal } = mapScore(sources, 'induction', 'repeats')
    expect({ metric, causal }).toEqual({ metric: grids[0]!.metric, causal: false })
    // What a number will be is said before it comes.
    expect(mapScore({ ...sources, repeats: nothing }, 'induction', 'repeats')).toMatchObject({
      metric,
      score: undefined,
    })
    expect(name).toBe('induction')
    expect(grid).toBe(grids[0])
    expect(Array.from(score!.values)).toEqual((grids[0]!.values as number[][]).flat())
    expect(Array.from(score!.low!)).toEqual((grids[0]!.low as number[][]).flat())
    expect(score).toMatchObject({ n: 4, scale: { signed: false, most: 1 } })
    expect(mapScore(sources, 'entropy', 'repeats').score!.scale.most).toBeGreaterThan(1)
    expect(mapScore(sources, 'induction', 'prompt').score).toBeUndefined()
    expect(mapScore(sources, 'ablate-zero', 'prompt')).toMatchObject({
      score: undefined,
      from: nothing,
      causal: true,
    })
  } finally {
    await m[Symbol.asyncDispose]()
  }
})

test('effects and changes can be shown before the model has told of its detectors', () => {
  expect(scoreChoices(undefined, false).map(c => c.id)).toEqual([
    'ablate-next',
    'ablate-zero',
    'ablate-mean',
    'changes',
  ])
  expect(scoreChoices(undefined, true)[0]).toMatchObject({ id: 'syntax' })
})

test('the effect on the next token is that of removing each head alone', async () => {
  const m = await load('specimen')
  try {
    const service = new Service(m, { name: 'specimen', specimen: true, notice: '', version: '', budget: 2 ** 28 })
    const call = (verb: 'metric', params: unknown) => service.call(verb, params)
    const client = { kind: 'worker', call, stream: () => [], close: () => {} } as unknown as Client
    const { ids } = (await service.call('tokens', {
      text: 'One day Lily found a shiny key. Ben lost the shiny',
    })) as TokensResult
    const { tokens } = (await service.call('next', { ids })) as NextResult
    const shape = { layers: 8, heads: 8, groups: 8 }
    const [first, second] = tokens
    const o = { model: 'specimen', signal: new AbortController().signal, onProgress: () => {} }
    const effect = await nextEffect(client, ids, [first!, second!], shape, o)
    // A second route: the two logits of a plain run with the head at zero, and without.
    const lead = async (edits: EditInput[]): Promise<number> => {
      const { logits } = await m.run(ids, { edits })
      const last = logits.data.subarray(-m.config.vocab)
      return last[first!.id]! - last[second!.id]!
    }
    const clean = await lead([])
    for (const [layer, head] of [
      [6, 5],
      [6, 1],
      [0, 3],
    ] as const) {
      const removed = await lead([{ do: 'zero', at: { site: 'z', layer }, heads: [head] }])
      expect(effect.values[layer * 8 + head]).toBeCloseTo(removed - clean, 4)
    }
    const sources = {
      info: nothing,
      next: nothing,
      repeats: nothing,
      here: nothing,
      effects: { zero: nothing, mean: nothing },
      changes: nothing,
      syntax: nothing,
    }
    expect(mapScore({ ...sources, nextEffect: { ...nothing, value: effect } }, 'ablate-next', 'prompt')).toMatchObject({
      metric: 'logit of “ key” minus that of “ piano”, head removed (zero) minus as it is',
      score: { scale: { signed: true } },
    })
  } finally {
    await m[Symbol.asyncDispose]()
  }
})
