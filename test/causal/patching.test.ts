import { expect, test } from 'vitest'
import { type PatchBy, type PatchPair, patches, usualBy } from '../../src/causal/patching.ts'
import type { Places } from '../../src/causal/places.ts'
import type { Site } from '../../src/words/site.ts'
import { refusal } from '../support/refusal.ts'

const sizes = { layers: 2, heads: 4, groups: 2 }
const pair = (ids: number[], source: number[], name = 'pairs[0]'): PatchPair => ({
  sample: { ids, read: { metric: 'kl' } },
  source,
  name,
})
const pairs = [pair([0, 1, 2], [0, 3, 2]), pair([0, 4, 5], [0, 4, 6], 'pairs[1]')]
const decoder = (site: Site, layer: number) => ({ site, layer, stack: 'decoder' })

test('a head is patched at every position, for each prompt from its own source', () => {
  const { axis, shape, cells } = patches('z', pairs, sizes, { by: 'head' })
  expect([axis, shape, cells.length]).toEqual(['head', [2, 4], 8])
  expect(cells[6]).toEqual([
    { do: 'patch', at: decoder('z', 1), heads: [2], ids: [0, 3, 2], samples: [0] },
    { do: 'patch', at: decoder('z', 1), heads: [2], ids: [0, 4, 6], samples: [1] },
  ])
})

test('groups, positions, and places patched together', () => {
  expect(patches('v', pairs, sizes, { by: 'group' }).cells[3]![0]).toMatchObject({ groups: [1], at: decoder('v', 1) })
  const stream = patches('resid_pre', pairs, sizes, { by: 'position' })
  expect([stream.axis, stream.shape]).toEqual(['position', [2, 3]])
  expect(stream.cells[4]!.map(e => e.positions)).toEqual([[1], [1]])
  const different = patches('resid_pre', pairs, sizes, { by: 'layer', places: 'different' })
  expect([different.axis, different.shape]).toEqual([undefined, [2]])
  expect(different.cells[1]!.map(e => e.positions)).toEqual([[1], [2]])
})

test('a site outside the layers has one', () => {
  expect(patches('embed', pairs, sizes, { by: 'position' }).shape).toEqual([1, 3])
})

test('every embedding patched is the source itself', () => {
  expect(patches('z', pairs, sizes, { by: 'head' }).whole).toEqual([
    { do: 'patch', at: decoder('embed', 0), ids: [0, 3, 2], samples: [0] },
    { do: 'patch', at: decoder('embed', 0), ids: [0, 4, 6], samples: [1] },
  ])
})

test.each<[Site, Places, PatchBy]>([
  ['z', 'all', 'head'],
  ['pattern', 'last', 'head'],
  ['k', 'all', 'group'],
  ['mlp_out', 'all', 'position'],
  ['resid_pre', 'different', 'layer'],
])('%s at %s is patched by %s', (site, places, by) => expect(usualBy(site, places)).toBe(by))

test.each<[string, () => unknown, string]>([
  ['heads of a site of groups', () => patches('v', pairs, sizes, { by: 'head' }), 'by'],
  ['heads of the stream', () => patches('resid_pre', pairs, sizes, { by: 'head' }), 'by'],
  [
    'texts of unequal length',
    () => patches('z', [pairs[0]!, pair([0, 1], [0, 1, 2], 'pairs[7]')], sizes, { by: 'head' }),
    'pairs[7]',
  ],
  [
    'prompts of unequal length by position',
    () => patches('resid_pre', [pairs[0]!, pair([0, 1], [0, 2])], sizes, { by: 'position' }),
    'by',
  ],
])('%s are refused', async (_, work, where) => {
  expect(await refusal(work)).toMatchObject({ code: 'patch', fault: 'usage', where })
})
