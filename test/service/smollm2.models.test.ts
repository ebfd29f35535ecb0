import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Headwise, load } from '../../src/index.ts'
import { Service } from '../../src/service/service.ts'
import type { Result } from '../../src/service/verbs.ts'
import type { EditInput } from '../../src/words/edit.ts'
import { smollm2, smollm2Here } from '../support/models.ts'
import { largest } from './support.ts'

/** Grouped queries, many layers, and a text of two blocks of rows. */
let m: Headwise
beforeAll(async () => {
  if (smollm2Here) m = await load(smollm2, { threads: 2 })
})
afterAll(() => m?.[Symbol.asyncDispose]())

test.skipIf(!smollm2Here)(
  'SmolLM2: predictions, patterns and changes under edits are those of whole passes',
  async () => {
    const service = new Service(m, { name: 'SmolLM2', specimen: false, notice: '', version: '0', budget: 2 ** 31 })
    const text = 'The lighthouse keeper counted the ships that passed in the night, and wrote their names into a book. '
    const ids = (await (await m.tokenizer()).encode(text.repeat(16))).slice(0, 300)
    const edits: EditInput[] = [
      { do: 'zero', at: { site: 'z', layer: 11 }, heads: [4] },
      { do: 'scale', by: 0.5, at: { site: 'k', layer: 17 }, groups: [1], positions: [20, 280] },
    ]
    const heads = [3, 4, 5].map(head => ({ layer: 17, head }))
    const [clean, edited] = [
      await m.run(ids, { capture: ['z@20'] }),
      await m.run(ids, { capture: ['z@20', 'pattern@17', 'scores@17'], edits }),
    ]
    const next = (await service.call('next', { ids, edits })) as Result<'next'>
    expect(next.before.loss).toBeCloseTo(clean.passes[0]!.loss!, 4)
    expect(next.after!.loss).toBeCloseTo(edited.passes[0]!.loss!, 4)
    expect(
      largest(
        next.after!.logprob.data,
        edited.passes[0]!.tokenLoss.map(x => -x),
      ),
    ).toBeLessThan(1e-3)
    const { pattern } = (await service.call('patterns', { ids, edits, heads })) as Result<'patterns'>
    const size = ids.length ** 2
    expect(largest(pattern.data, edited.get('pattern@17').data.subarray(3 * size, 6 * size))).toBeLessThan(1e-4)
    const all = (await service.call('overview', { ids, edits })) as Result<'overview'>
    expect([all.block, ...all.max.shape]).toEqual([10, 30, 9, 30, 30])
    const picture = new Float32Array(9 * 900)
    for (const [i, value] of edited.get('pattern@17').data.entries()) {
      const [q, k] = [Math.floor(i / 300) % 300, i % 300].map(x => Math.floor(x / 10)) as [number, number]
      const cell = (Math.floor(i / size) * 30 + q) * 30 + k
      picture[cell] = Math.max(picture[cell]!, value)
    }
    expect(largest(all.max.data.subarray(17 * 9 * 900, 18 * 9 * 900), picture)).toBeLessThan(1e-4)
    const profile = (await service.call('profile', { ids, edits, layer: 17, head: 4 })) as Result<'profile'>
    const entries = Array.from(pattern.data.subarray(size, 2 * size), (share, i) => ({
      share,
      back: Math.floor(i / ids.length) - (i % ids.length),
    }))
    const queries = ids.length - 1
    const back = entries.reduce((s, e) => s + e.share * e.back, 0) / queries
    expect(Math.abs(profile.distance.mean - back)).toBeLessThan(1e-3)
    for (const { from, to, share } of profile.distance.bins) {
      const within = entries.slice(ids.length).filter(e => e.back >= from && e.back <= to)
      expect(share).toBeCloseTo(within.reduce((s, e) => s + e.share, 0) / queries, 5)
    }
    const scores = (await service.call('patterns', { ids, edits, heads, site: 'scores' })) as Result<'patterns'>
    const exact = edited.get('scores@17').data.subarray(3 * size, 6 * size)
    const before = (all: Float32Array): Float32Array => all.filter((_, i) => i % 300 <= Math.floor(i / 300) % 300)
    expect(largest(before(scores.pattern.data), before(exact))).toBeLessThan(1e-3)
    const { z } = (await service.call('changes', { ids, edits })) as Result<'changes'>
    const [a, b] = [clean.get('z@20').data, edited.get('z@20').data]
    const norm = (head: number, of: (i: number) => number) => {
      let sum = 0
      for (let t = 0; t < ids.length; t++) for (let d = 0; d < 64; d++) sum += of((t * 9 + head) * 64 + d) ** 2
      return Math.sqrt(sum)
    }
    for (let head = 0; head < 9; head++)
      expect(z.data[20 * 9 + head]!).toBeCloseTo(norm(head, i => b[i]! - a[i]!) / norm(head, i => a[i]!), 4)
    expect(z.data.subarray(0, 11 * 9).every(x => x === 0)).toBe(true)
  },
  120_000,
)

test.skipIf(!smollm2Here)(
  'SmolLM2: what a block, a neuron and residuals of a long text write is what the library reads off a whole run',
  async () => {
    const service = new Service(m, { name: 'SmolLM2', specimen: false, notice: '', version: '0', budget: 2 ** 31 })
    const text = 'The lighthouse keeper counted the ships that passed in the night, and wrote their names into a book. '
    const ids = (await (await m.tokenizer()).encode(text.repeat(16))).slice(0, 300)
    const edits: EditInput[] = [
      { do: 'zero', at: { site: 'z', layer: 11 }, heads: [4] },
      { do: 'scale', by: 0.5, at: { site: 'k', layer: 17 }, groups: [1], positions: [20, 280] },
    ]
    for (const of of [
      { heads: [{ layer: 17, head: 4 }] as [{ layer: number; head: number }] },
      { mlp: 17 },
      { residual: 'resid_mid' as const, layer: 17 },
      { residual: 'resid_post' as const, layer: 29 },
    ]) {
      const { raises, lowers, lens } = (await service.call('writes', {
        ids,
        edits,
        of,
        position: 281,
        top: 5,
      })) as Result<'writes'>
      const whole = await m.writes(ids, { of, edits, position: 281, top: 5 })
      const logits = (list: typeof raises) => list.map(t => t.logits)
      expect(largest(logits(raises), logits(whole.raises))).toBeLessThan(1e-3)
      expect(largest(logits(lowers), logits(whole.lowers))).toBeLessThan(1e-3)
      expect(lens?.map(t => t.id)).toEqual(whole.lens?.map(t => t.id))
    }
  },
  120_000,
)
