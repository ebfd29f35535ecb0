import { expect, test } from 'vitest'
import { knockouts, tokenKnockouts, windows } from '../../src/causal/knockout.ts'

const sample = (ids: number[], source?: number[]) => ({
  sample: { ids, read: { metric: 'kl' } as const },
  ...(source && { source }),
  name: 'pairs[0]',
})

test('windows around each layer, cut off at the ends', () => {
  expect(windows(4, 1)).toEqual([[0], [1], [2], [3]])
  expect(windows(4, 3)).toEqual([
    [0, 1],
    [0, 1, 2],
    [1, 2, 3],
    [2, 3],
  ])
  expect(windows(4, 4)).toEqual([
    [0, 1],
    [0, 1, 2],
    [0, 1, 2, 3],
    [1, 2, 3],
  ])
  expect(windows(2, 9)).toEqual([
    [0, 1],
    [0, 1],
  ])
})

test('one edit for prompts that are cut alike, one for each kind otherwise', () => {
  const edges = { queries: 'last', keys: 'first' } as const
  const alike = knockouts([sample([0, 1, 2]), sample([0, 5, 6])], edges, { layers: 2, window: 1 })
  expect(alike).toEqual(
    [0, 1].map(layer => [{ do: 'knockout', at: { site: 'scores', layer, stack: 'decoder' }, queries: [2], keys: [0] }]),
  )
  const pairs = [sample([0, 1, 2], [0, 3, 2]), sample([0, 1, 4], [0, 1, 5]), sample([0, 9, 2], [0, 8, 2])]
  const [run] = knockouts(pairs, { queries: 'last', keys: 'different' }, { layers: 1, window: 1 })
  expect(run!.map(e => e.do === 'knockout' && [e.samples, e.keys])).toEqual([
    [[0, 2], [1]],
    [[1], [2]],
  ])
})

test('head by head', () => {
  const runs = knockouts([sample([0, 1])], { queries: 'all', keys: [1] }, { layers: 2, heads: 3, window: 1 })
  expect(runs.map(([e]) => [e!.at.layer, e!.heads])).toEqual([
    [0, [0]],
    [0, [1]],
    [0, [2]],
    [1, [0]],
    [1, [1]],
    [1, [2]],
  ])
})

test('each token by itself: cut off from every later query in every layer, the last one from none', () => {
  const cut = (layer: number, keys: number[], queries: number[], samples?: number[]) => ({
    do: 'knockout',
    at: { site: 'scores', layer, stack: 'decoder' },
    queries,
    keys,
    ...(samples && { samples }),
  })
  expect(tokenKnockouts([sample([5, 6, 7])], 2)).toEqual([
    [cut(0, [0], [1, 2]), cut(1, [0], [1, 2])],
    [cut(0, [1], [2]), cut(1, [1], [2])],
    [],
  ])
  const answered = (ids: number[]) => ({
    sample: { ids, read: { metric: 'sequence_logprob', from: 2 } as const },
    name: 'prompts[1]',
  })
  // An answer of two tokens is read at the last of the text and at its own first.
  expect(tokenKnockouts([answered([5, 6, 7, 8])], 1)).toEqual([[cut(0, [0], [1, 2, 3])], [cut(0, [1], [2, 3])], []])
  expect(tokenKnockouts([sample([5, 6]), answered([5, 6, 7])], 1)[0]).toEqual([
    cut(0, [0], [1], [0]),
    cut(0, [0], [1, 2], [1]),
  ])
  expect(() => tokenKnockouts([sample([5, 6]), answered([5, 6, 7, 8])], 1)).toThrow(
    expect.objectContaining({ code: 'knockout-lengths', where: 'prompts[1]' }),
  )
})
