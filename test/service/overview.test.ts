import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Headwise } from '../../src/library/headwise.ts'
import { load } from '../../src/library/load.ts'
import { Overview } from '../../src/service/overview.ts'
import type { Pass } from '../../src/service/pass.ts'
import { Rows } from '../../src/service/rows.ts'
import { Service } from '../../src/service/service.ts'
import type { OverviewResult } from '../../src/service/verbs.ts'
import type { EditInput } from '../../src/words/edit.ts'
import '../support/cache.ts'
import { largest } from './support.ts'

let m: Headwise
let service: Service
beforeAll(async () => {
  m = await load('specimen', { threads: 2 })
  service = new Service(m, { name: 'specimen', specimen: true, notice: '', version: '0', budget: 2 ** 30 })
})
afterAll(() => m[Symbol.asyncDispose]())

const overview = async (params: object, watch = {}): Promise<OverviewResult> =>
  (await service.call('overview', params, watch)) as OverviewResult

/** Tokens that come again, so that there is something to attend to. */
const text = (time: number): number[] => Array.from({ length: time }, (_, i) => 1 + ((i * 7919) % 211))

const EDITS: EditInput[] = [
  { do: 'zero', at: { site: 'z', layer: 3 }, heads: [2] },
  { do: 'knockout', at: { site: 'scores', layer: 6 }, heads: [5], queries: [11, 30], keys: [4] },
]

/** Entry by entry from what the library captures of a whole pass. */
async function byHand(ids: number[], edits: EditInput[], block: number, leaveFirst: boolean): Promise<Float32Array> {
  const { layers, heads } = m.config
  const { data } = (await m.run(ids, { capture: ['pattern'], edits })).get('pattern')
  const time = ids.length
  const side = Math.ceil(time / block)
  const max = new Float32Array(layers * heads * side * side)
  for (let h = 0; h < layers * heads; h++)
    for (let q = 0; q < time; q++)
      for (let k = leaveFirst ? 1 : 0; k < time; k++) {
        const cell = (h * side + Math.floor(q / block)) * side + Math.floor(k / block)
        max[cell] = Math.max(max[cell]!, data[(h * time + q) * time + k]!)
      }
  return max
}

test.each([
  ['a short text, entry by entry', 32, 32, 1, false],
  ['a side that does not divide it', 33, 32, 2, true],
  ['several blocks of rows', 400, 32, 13, false],
  ['several blocks of rows without the first key', 400, 7, 58, true],
  ['one token', 1, 32, 1, false],
  ['one token without the first key', 1, 1, 1, true],
] as const)('%s: pictures are the largest entries of the patterns', async (_, time, side, block, leaveFirst) => {
  const ids = text(time)
  for (const edits of time > 40 ? [[], EDITS] : [[]]) {
    const result = await overview({ ids, edits, side, leaveFirst })
    const cells = Math.ceil(time / block)
    expect(result.block).toBe(block)
    expect(result.max.shape).toEqual([8, 8, cells, cells])
    expect(largest(result.max.data, await byHand(ids, edits, block, leaveFirst))).toBeLessThan(1e-5)
  }
})

test('an edit moves the layers behind it, and leaves those before', async () => {
  const ids = text(32)
  const { data } = (await overview({ ids })).max
  const edits: EditInput[] = [{ do: 'scale', by: 0.2, at: { site: 'z', layer: 4 }, heads: [7] }]
  const edited = (await overview({ ids, edits })).max.data
  expect(largest(edited, await byHand(ids, edits, 1, false))).toBeLessThan(1e-5)
  const layer = 8 * 32 * 32
  expect(largest(edited.subarray(0, 5 * layer), data.subarray(0, 5 * layer))).toBeLessThan(1e-6)
  expect(largest(edited.subarray(6 * layer), data.subarray(6 * layer))).toBeGreaterThan(1e-3)
})

test('it tells how far it is, stops, and goes on where it stopped', async () => {
  const ids = text(401)
  const stop = new AbortController()
  const seen: number[] = []
  const onProgress = ({ what, done }: { what: string; done: number }) => {
    if (what === 'pictures of layers' && seen.push(done) === 3) stop.abort()
  }
  await service.call('next', { ids })
  await expect(overview({ ids }, { signal: stop.signal, onProgress })).rejects.toMatchObject({ code: 'interrupted' })
  expect(seen).toEqual([1, 2, 3])
  const { max } = await overview({ ids })
  expect(largest(max.data, await byHand(ids, [], 13, false))).toBeLessThan(1e-5)
})

test('what is too much is refused with the length that is not', async () => {
  const pass = { ids: { length: 4096 }, engine: { config: { layers: 30, heads: 9 } } } as unknown as Pass
  await expect(new Overview(new Rows()).all(pass, { side: 32, leaveFirst: false }, {})).rejects.toMatchObject({
    message:
      'The patterns of all 270 heads at once are read for at most 2820 tokens, and this text has 4096; choose a head to see its pattern, or shorten the text.',
    fault: 'usage',
    allowed: 2820,
  })
})
