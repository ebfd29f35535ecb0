import { expect, test } from 'vitest'
import { blockBefore, partTitle, readPart, writePart } from '../../../app/src/state/part.ts'
import { initial } from '../../../app/src/state/state.ts'
import { withPrompt, withQueries, withWrites } from '../../../app/src/state/update.ts'

test.each([
  ['embed', { residual: 'resid_pre', layer: 0 }, 'Embedding', undefined],
  ['mid5', { residual: 'resid_mid', layer: 5 }, 'After attention 5', 'attention 5'],
  ['mlp5', { mlp: 5 }, 'Feed-forward 5', undefined],
  ['neuron5.123', { neuron: { layer: 5, neuron: 123 } }, 'Neuron 5.123', undefined],
  ['resid12', { residual: 'resid_post', layer: 12 }, 'After layer 12', 'feed-forward 12'],
] as const)('%s', (name, of, title, before) => {
  expect(readPart(name)).toEqual({ of })
  expect(readPart(`${name}@7`)).toEqual({ of, at: 7 })
  expect(writePart({ of })).toBe(name)
  expect(writePart({ of, at: 7 })).toBe(`${name}@7`)
  expect(partTitle(of)).toBe(title)
  expect(blockBefore(of)).toBe(before)
})

test.each(['', 'mlp', 'mlp05', 'neuron5', 'embed3', 'resid1.2', 'mlp5@', 'mlp5@x', 'heads', '5', 'mlp9999999'])(
  'no part is written “%s”',
  text => {
    expect(readPart(text)).toBeUndefined()
  },
)

test('a part at a position of its own goes back to the query with a new query or prompt', () => {
  const of = { mlp: 5 }
  const pinned = withWrites(initial, of, 7)
  expect(pinned.writes).toEqual({ of, at: 7 })
  expect(withQueries(pinned, [3]).writes).toEqual({ of })
  expect(withPrompt(pinned, { text: 'x' }).writes).toEqual({ of })
  expect(withWrites(pinned, undefined)).toEqual(initial)
  expect(withQueries(initial, [3])).not.toHaveProperty('writes')
})
