import { expect, test } from 'vitest'
import { otherPrompts, removals, runsOfSet } from '../../../src/heads/importance/removal.ts'

const set = [
  { layer: 4, head: 7 },
  { layer: 4, head: 0 },
  { layer: 2, head: 1 },
]
const at = (layer: number) => ({ site: 'z', layer, stack: 'decoder' })

test('the heads of a layer go in one edit', () => {
  expect(removals([set, [set[2]!]], { mode: 'zero' })).toEqual([
    [
      { do: 'zero', at: at(2), heads: [1] },
      { do: 'zero', at: at(4), heads: [0, 7] },
    ],
    [{ do: 'zero', at: at(2), heads: [1] }],
  ])
})

test('each draw is a run with a seed of its own, which all heads of the set share', () => {
  const baseline = { mode: 'resample', seed: 10, draws: 3 } as const
  const runs = removals([set, [set[0]!]], baseline)
  expect([runs.length, runsOfSet(baseline)]).toEqual([6, 3])
  expect(runs.map(edits => edits.map(e => e.do === 'resample' && e.seed))).toEqual([
    [10, 10],
    [11, 11],
    [12, 12],
    [10],
    [11],
    [12],
  ])
})

test('a mean over other prompts is an edit for each prompt', () => {
  const references = otherPrompts([[[1, 2]], [[3, 4]]])
  expect(removals([[set[2]!]], { mode: 'mean', references })).toEqual([
    [
      { do: 'mean', reference: [[3, 4]], at: at(2), heads: [1], samples: [0] },
      { do: 'mean', reference: [[1, 2]], at: at(2), heads: [1], samples: [1] },
    ],
  ])
})

test('the other prompts: never the same text, at most 16', () => {
  expect(otherPrompts([[[1, 2]], [[3]], [[1, 2]], [[4]]])).toEqual([
    [[3], [4]],
    [[1, 2], [4], [1, 2]],
    [[4], [3]],
    [[1, 2], [3], [1, 2]],
  ])
  const many = Array.from({ length: 40 }, (_, i) => [i, i])
  expect(otherPrompts(many.map(ids => [ids]))[39]).toEqual(many.slice(0, 16))
  // The continuations of one prompt say what it says itself: the first stands for it.
  const continued = [
    [
      [1, 2],
      [1, 3],
    ],
    [
      [4, 5],
      [4, 6],
    ],
  ]
  expect(otherPrompts(continued)).toEqual([[[4, 5]], [[1, 2]]])
})
