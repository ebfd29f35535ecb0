import { expect, test } from 'vitest'
import { mapScore, needsScores, scoreChoices } from '../../../app/src/engine/map-scores.ts'
import { initial } from '../../../app/src/state/state.ts'
import { load } from '../../../src/library/load.ts'

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
    const sources = { repeats: said, here: nothing, effects: { zero: nothing, mean: nothing }, changes: nothing }
    const { score, grid, name } = mapScore(sources, 'induction', 'repeats')
    expect(name).toBe('induction')
    expect(grid).toBe(grids[0])
    expect(Array.from(score!.values)).toEqual((grids[0]!.values as number[][]).flat())
    expect(Array.from(score!.low!)).toEqual((grids[0]!.low as number[][]).flat())
    expect(score).toMatchObject({ n: 4, scale: { signed: false, most: 1 }, causal: false })
    expect(mapScore(sources, 'entropy', 'repeats').score!.scale.most).toBeGreaterThan(1)
    expect(mapScore(sources, 'induction', 'prompt').score).toBeUndefined()
    expect(mapScore(sources, 'ablate-zero', 'prompt')).toMatchObject({ score: undefined, from: nothing })
  } finally {
    await m[Symbol.asyncDispose]()
  }
})

test('effects and changes can be shown before the model has told of its detectors', () => {
  expect(scoreChoices(undefined).map(c => c.id)).toEqual(['ablate-zero', 'ablate-mean', 'changes'])
})
